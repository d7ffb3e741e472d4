/** What the recipe's texts hold; whether Exim does as they say is tried in test/e2e/exim.test.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  addEximHook,
  eximFolder,
  eximHooks,
  eximReceivingFiles,
  eximSendingFiles,
} from '../../src/mail-host/exim-recipe.ts';
import { blackholeLines } from '../../src/mail-host/blackhole.ts';
import { parsePlainAddress } from '../../src/protocol/mail-address.ts';
import {
  eximOnionDomains,
  eximOnionRouter,
  eximOnionSender,
} from '../../src/mail-host/exim-onion-addresses.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { eximHasProxy, eximMacros, eximMainSettings } from '../../src/mail-host/exim-receiving.ts';

const sending = eximSendingFiles({
  mapSocket: '/run/onionmx/map.sock',
  endpointFolder: '/run/onion.mx',
  transport: 'onion',
});
const onion = makeOnionAddress(1);
const testAddress = parsePlainAddress('Black.Hole@example.org');
const receiving = eximReceivingFiles({ port: 2626, header: 'X-Mark', testAddress });

function textOf(name: string): string {
  const file = [...sending, ...receiving].find(({ path }) => path === `${eximFolder}/${name}`);
  assert.ok(file !== undefined, name);
  return file.text;
}

describe("Exim's recipe", () => {
  test('each hook takes in a file that there is', () => {
    for (const { part, line } of eximHooks) {
      assert.equal(line, `.include ${eximFolder}/${part}`);
      assert.notEqual(textOf(part), '');
    }
  });

  test('the places of the configuration are in the texts; a dot of a folder is a dot', () => {
    assert.ok(textOf('router').includes('${readsocket{/run/onionmx/map.sock}'));
    assert.ok(textOf('router').includes(String.raw`OK onion:unix:/run/onion\.mx/([a-z0-9.-]+),$`));
    assert.ok(textOf('transport').includes('{/run/onion.mx/$1}'));
    assert.ok(textOf('main').includes('{2626}'));
    assert.ok(textOf('acl-mail').includes('remove_header = X-Mark'));
    assert.ok(textOf('acl-rcpt').includes('add_header = X-Mark: over an onion service'));
  });

  test('the lists of what is set are complete: a setting that is made twice stops Exim', () => {
    const set = [...textOf('main').matchAll(/^([A-Za-z_0-9]+) = /gm)].map(([, name]) => name);
    const own = set.filter((name) => !name?.startsWith('ONIONMX_'));
    assert.deepEqual(new Set(own), new Set([...eximMainSettings, ...eximMacros]));
    assert.equal(new Set(own).size, own.length);
  });

  test('the test address: dots are dots, tags are taken, and the words are those of Postfix', () => {
    assert.ok(textOf('main').includes(String.raw`{\N^(?i)black\.hole(\+[^@]*)?@example\.org$\N}`));
    assert.ok(textOf('test-router').includes(String.raw`local_parts = \N^(?i)black\.hole(\+[^@]*)?$\N`));
    const [, refusal = ''] = / (550 .*)$/.exec(blackholeLines(testAddress).access) ?? [];
    assert.ok(textOf('acl-test').includes(`message = ${refusal}\n`));
  });

  test('whether Exim takes PROXY lines: Debian builds one that does and one that does not', () => {
    assert.equal(
      eximHasProxy('Exim version 4.96 #2\nSupport for: PIPECONNECT PRDR PROXY Queue_Ramp\n'),
      true,
    );
    assert.equal(eximHasProxy('Support for: PIPECONNECT PRDR Queue_Ramp SOCKS\nLookups: x PROXY'), false);
  });

  test('a path that Exim would expand, and a header that is none, are refused', () => {
    const places = { mapSocket: '/run/m', endpointFolder: '/run/${run{x}}', transport: 'onion' };
    assert.throws(() => eximSendingFiles(places), { code: 'config-invalid' });
    assert.throws(() => eximReceivingFiles({ port: 2515, header: 'X: y' }), { code: 'config-invalid' });
  });

  test('without a header there is no word of one', () => {
    const texts = eximReceivingFiles({ port: 2515 }).map(({ text }) => text);
    assert.ok(texts.every((text) => !/(add|remove)_header/.test(text)));
  });

  test('docs/exim.md shows the texts as they are', () => {
    const folder = '/var/spool/exim4/onionmx';
    const places = { mapSocket: `${folder}/map.sock`, endpointFolder: folder, transport: 'onion' };
    const page = readFileSync('docs/exim.md', 'utf8');
    const withTest = eximReceivingFiles({
      port: 2515,
      testAddress: parsePlainAddress('blackhole@example.org'),
    });
    const shown = [
      ...eximSendingFiles(places),
      ...eximReceivingFiles({ port: 2515 }),
      ...withTest.filter(({ path }) => path.includes('test')),
    ];
    for (const { path, text } of shown) assert.ok(page.includes(`\`\`\`\n${text}\`\`\``), path);
    const [macro = ''] = /^MAIN_ACL_CHECK_RCPT = .*acl-test.*$/m.exec(withTest[0]?.text ?? '') ?? [];
    assert.notEqual(macro, '');
    assert.ok(page.includes(`\`\`\`\n${macro}\n\`\`\``));
  });

  test('docs/onion-addresses.md shows the texts as they are', () => {
    const page = readFileSync('docs/onion-addresses.md', 'utf8').replaceAll('AAA.onion', onion);
    const domain = parseDomainName('example.org');
    for (const text of [
      `dc_other_hostnames='example.org : ${eximOnionDomains(onion)}'`,
      eximOnionRouter(onion, domain),
      eximOnionSender(onion, domain),
    ])
      assert.ok(page.includes(text), text);
  });

  test('brackets match, else Exim would see it only when mail comes', () => {
    for (const { path, text } of [...sending, ...receiving]) {
      const bare = text.replaceAll(/^\s*#.*$/gm, '');
      assert.equal(bare.split('{').length, bare.split('}').length, path);
    }
  });
});

describe('a line of ours in a file of Debian', () => {
  const hook = { part: 'router', line: '.include x', splitPath: '/s', unsplitPath: '/u' } as const;
  for (const [why, after, before, expected] of [
    ['below its place', 'begin routers', 'a\nbegin routers\nb\n', 'a\nbegin routers\n.include x\nb\n'],
    ['once', 'begin routers', 'begin routers\n.include x\n', 'begin routers\n.include x\n'],
    ['not where its place is missing', 'begin routers', '# begin routers\n', '# begin routers\n'],
    ['at the end', undefined, 'a\n', 'a\n.include x\n'],
    ['at the end of a last line without its end', undefined, 'a', 'a\n.include x\n'],
    ['in a file that was not there', undefined, '', '.include x\n'],
  ] as const) {
    test(why, () => {
      assert.equal(addEximHook(before, after === undefined ? hook : { ...hook, after }), expected);
    });
  }
});
