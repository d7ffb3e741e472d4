import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  defaultOnionHeader,
  onionHeaderGuard,
  onionListenerOptions,
  onionListenerService,
} from '../../src/mail-host/onion-listener.ts';

test('without a header nothing is marked', () => {
  assert.deepEqual(
    onionListenerOptions().filter((option) => /data_restrictions|cleanup/.test(option)),
    [],
  );
});

test('only an option in braces has blanks', () => {
  for (const option of onionListenerOptions({ header: 'X-Onion' }))
    assert.match(option, /^(?:\w+=\S*|\{ \w+ = .*\})$/);
});

test('with a header each message is marked, and no other mail may have it', () => {
  const options = onionListenerOptions({ header: 'X-Onion' });
  assert.ok(
    options.includes(
      '{ smtpd_data_restrictions = check_client_access static:{PREPEND X-Onion: over an onion service} }',
    ),
  );
  const guard = onionHeaderGuard('X-Onion', { headerChecks: 'pcre:/etc/postfix/checks' });
  assert.deepEqual(guard.mainCf, [
    ['header_checks', 'regexp:{{/^X-Onion:/ IGNORE}}, pcre:/etc/postfix/checks'],
    ['nested_header_checks', 'pcre:/etc/postfix/checks'],
    ['mime_header_checks', 'pcre:/etc/postfix/checks'],
  ]);
  assert.deepEqual(guard.options, ['{ header_checks = pcre:/etc/postfix/checks }']);
  assert.ok(options.includes(`cleanup_service_name=${guard.service.split(' ')[0]}`));
});

test('docs/receiving.md has the recipe line by line', () => {
  const page = readFileSync('docs/receiving.md', 'utf8');
  const options = onionListenerOptions().map((option) => `    -o ${option}\n`);
  assert.ok(page.includes(`${onionListenerService}\n${options.join('')}\`\`\``));
  const header = defaultOnionHeader;
  const guard = onionHeaderGuard(header, { headerChecks: '' });
  for (const line of [
    ...onionListenerOptions({ header }).map((option) => `    -o ${option}`),
    ...guard.mainCf.map(([name, value]) => `${name} = ${value}`.trimEnd()),
    guard.service,
  ])
    assert.ok(page.includes(`${line}\n`), line);
});

for (const header of ['', 'X Y', 'X:', 'X\n', 'X}', '.*', 'X-\u00fc']) {
  test(`no header name: ${JSON.stringify(header)}`, () => {
    assert.throws(() => onionListenerOptions({ header }), { code: 'bug' });
    assert.throws(() => onionHeaderGuard(header, { headerChecks: '' }), { code: 'bug' });
  });
}
