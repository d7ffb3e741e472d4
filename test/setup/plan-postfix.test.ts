/** What is planned for Postfix, from the text of its files; test/e2e/setup-postfix.test.ts does it on a real one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PostfixHost } from '../../src/mail-host/read-postfix.ts';
import { parsePlainAddress } from '../../src/protocol/mail-address.ts';
import { planPostfix, type PostfixWishes, tablePaths } from '../../src/setup/plan-postfix.ts';

const masterCf = `smtp      inet  n       -       y       -       -       smtpd
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission
  -o rewrite_service_name=mine
rewrite   unix  -       -       y       -       -       trivial-rewrite
lmtp      unix  -       -       y       -       -       lmtp
`;

function makeHost(change: Partial<PostfixHost> = {}): PostfixHost {
  return {
    folder: '/etc/postfix',
    isDefaultFolder: true,
    version: '3.7.11',
    queueFolder: '/var/spool/postfix',
    mainCf: 'mydestination = example.org\n',
    masterCf,
    parameters: new Map([['mydestination', 'example.org']]),
    ...change,
  };
}

const wishes: PostfixWishes = {
  sending: { socketmap: '/var/spool/postfix/onionmx/map.sock', transport: 'onion', routedNames: [] },
  receiving: { header: 'X-Mark', testAddress: undefined },
  ownDomains: { exact: ['example.org'], withSubdomains: [], unlisted: [] },
  contentOf: () => undefined,
  isRunning: true,
};

/** The files after the plan, by the last part of their path. */
function apply(host: PostfixHost, wanted: PostfixWishes): Readonly<Record<string, string>> {
  const { changes } = planPostfix(host, wanted);
  return Object.fromEntries(changes.map(({ path, after }) => [path.slice('/etc/postfix/'.length), after]));
}

describe('the plan for Postfix', () => {
  test('a plain host', () => {
    const plan = planPostfix(makeHost(), wishes);
    assert.deepEqual(
      plan.changes.map(({ path, before }) => [path, before === undefined]),
      [
        ['/etc/postfix/onionmx-own.regexp', true],
        ['/etc/postfix/main.cf', false],
        ['/etc/postfix/master.cf', false],
      ],
    );
    assert.deepEqual(plan.checks, [{ command: 'postfix', args: ['check'] }]);
    assert.deepEqual(plan.reloads, [{ command: 'postfix', args: ['reload'] }]);
    assert.deepEqual(plan.notes, []);
    for (const { reasons } of plan.changes) assert.ok(reasons.length > 0);
  });

  test('main.cf', () => {
    assert.equal(
      apply(makeHost(), wishes)['main.cf'],
      `mydestination = example.org

# onionmx: which mail goes over an onion
transport_maps = regexp:/etc/postfix/onionmx-own.regexp, socketmap:unix:onionmx/map.sock:onionmx
onion_initial_destination_concurrency = 1

# onionmx: only mail that came over the onion has its header
header_checks = regexp:{{/^X-Mark:/ IGNORE}}
nested_header_checks =
mime_header_checks =
`,
    );
  });

  test('master.cf: each smtpd gets the service that does not ask, unless it has one of its own', () => {
    const text = apply(makeHost(), wishes)['master.cf'] ?? '';
    assert.match(text, /^smtp .*smtpd\n {4}-o rewrite_service_name=rewrite2\nsubmission /m);
    assert.match(text, /rewrite_service_name=mine\nrewrite /);
    assert.match(text, /^127\.0\.0\.1:2515 inet n - y - 50 smtpd\n( {4}-o .*\n)+/m);
    assert.match(text, /^onion {5}unix .* y .*lmtp\n {4}-o syslog_name=postfix\/onion$/m);
    assert.equal(text.match(/rewrite_service_name=rewrite2/g)?.length, 2);
  });

  test('what does not run in a chroot stays out of it', () => {
    const text = apply(makeHost({ masterCf: masterCf.replaceAll(' y ', ' n ') }), wishes)['master.cf'] ?? '';
    assert.match(text, /^127\.0\.0\.1:2515 inet n - n - 50 smtpd$/m);
    assert.match(text, /^onion-cleanup unix n - n - 0 cleanup$/m);
    assert.doesNotMatch(text, / y /);
  });

  test('a second time nothing is to change', () => {
    const withTest = {
      ...wishes,
      receiving: { header: 'X-Mark', testAddress: parsePlainAddress('t@example.org') },
    };
    for (const wanted of [
      wishes,
      withTest,
      { ...wishes, receiving: undefined },
      { ...wishes, sending: undefined },
    ]) {
      const files = apply(makeHost(), wanted);
      const host = makeHost({
        mainCf: files['main.cf'] ?? makeHost().mainCf,
        masterCf: files['master.cf'] ?? masterCf,
      });
      const contentOf = (path: string) => files[path.slice('/etc/postfix/'.length)];
      assert.deepEqual(planPostfix(host, { ...wanted, contentOf }).changes, []);
    }
  });

  test('another name for the header takes the place of the old one', () => {
    const before = apply(makeHost(), wishes);
    const host = makeHost({ mainCf: before['main.cf'] ?? '', masterCf: before['master.cf'] ?? '' });
    const files = apply(host, { ...wishes, receiving: { header: 'X-New', testAddress: undefined } });
    assert.match(files['main.cf'] ?? '', /^header_checks = regexp:\{\{\/\^X-New:\/ IGNORE\}\}$/m);
    assert.doesNotMatch(files['master.cf'] ?? '', /X-Mark/);
  });

  test('header checks that are there go on, for onion mail too', () => {
    const files = apply(makeHost({ mainCf: 'header_checks = pcre:/etc/postfix/mine\n' }), wishes);
    assert.match(
      files['main.cf'] ?? '',
      /^header_checks = regexp:\{\{\/\^X-Mark:\/ IGNORE\}\}, pcre:\/etc\/postfix\/mine\n[^]*^nested_header_checks = pcre:\/etc\/postfix\/mine$/m,
    );
    assert.match(files['master.cf'] ?? '', /-o \{ header_checks = pcre:\/etc\/postfix\/mine \}/);
  });

  test('the test address: three tables, ours first, what is there stays behind', () => {
    const mainCf = 'virtual_alias_maps = hash:/v\nsmtpd_recipient_restrictions = reject_unlisted_recipient\n';
    const testAddress = parsePlainAddress('t@example.org');
    const files = apply(makeHost({ mainCf }), { ...wishes, receiving: { header: 'X-Mark', testAddress } });
    assert.match(
      files['onionmx-own.regexp'] ?? '',
      /discard:the test address\n\/@example\\\.org\$\/ {2}:\n$/,
    );
    assert.match(
      files['main.cf'] ?? '',
      /^virtual_alias_maps = regexp:\/etc\/postfix\/onionmx-test-alias\.regexp, hash:\/v\nsmtpd_recipient_restrictions = check_recipient_access regexp:\/etc\/postfix\/onionmx-test-address\.regexp, reject_unlisted_recipient$/m,
    );
    const written = Object.keys(files).filter((name) => name.endsWith('.regexp'));
    for (const name of written) assert.ok(tablePaths(makeHost()).includes(`/etc/postfix/${name}`), name);
  });

  test('tables of the operator: the domains that they know are written down', () => {
    const mainCf = 'transport_maps = hash:/etc/postfix/transport\n';
    const routedNames = ['example.org', 'partner.test'];
    const sending = wishes.sending === undefined ? undefined : { ...wishes.sending, routedNames };
    const files = apply(makeHost({ mainCf }), { ...wishes, sending });
    assert.match(files['onionmx-names.regexp'] ?? '', /^\/@partner\\\.test\$\/ {2}partner\.test$/m);
    assert.match(files['main.cf'] ?? '', /pipemap:\{regexp:\/etc\/postfix\/onionmx-names\.regexp, hash:/);
  });

  test('a Postfix that does not run is not told to reload, and a note says so', () => {
    const plan = planPostfix(makeHost(), { ...wishes, isRunning: false });
    assert.deepEqual(plan.reloads, []);
    assert.deepEqual(plan.notes, ['Postfix does not run: start it.']);
  });

  test('a folder of its own is named to its programs', () => {
    const { checks } = planPostfix(makeHost({ folder: '/srv/p', isDefaultFolder: false }), wishes);
    assert.deepEqual(checks, [{ command: 'postfix', args: ['-c', '/srv/p', 'check'] }]);
  });

  test('domains that cannot be listed are named', () => {
    const ownDomains = { exact: [], withSubdomains: [], unlisted: ['mysql:/x (relay_domains)'] };
    assert.match(
      planPostfix(makeHost(), { ...wishes, ownDomains }).notes.join(),
      /mysql:\/x \(relay_domains\) cannot be listed/,
    );
  });

  const impossible: readonly [why: string, host: Partial<PostfixHost>, socketmap: string, message: RegExp][] =
    [
      [
        'too old',
        { version: '3.5.25' },
        '/var/spool/postfix/onionmx/map.sock',
        /^Postfix 3\.5\.25 is too old/,
      ],
      ['a socket outside of the chroot', {}, '/run/onionmx/map.sock', /chroot.*cannot reach \/run\/onionmx/],
    ];
  for (const [why, host, socketmap, message] of impossible) {
    test(`impossible: ${why}`, () => {
      const sending = { socketmap, transport: 'onion', routedNames: [] };
      assert.throws(() => planPostfix(makeHost(host), { ...wishes, sending }), {
        code: 'setup-impossible',
        message,
      });
    });
  }

  test('without a chroot a socket may be anywhere', () => {
    const sending = { socketmap: '/run/onionmx/map.sock', transport: 'onion', routedNames: [] };
    const files = apply(makeHost({ masterCf: masterCf.replaceAll(' y ', ' n ') }), { ...wishes, sending });
    assert.match(files['main.cf'] ?? '', /socketmap:unix:\/run\/onionmx\/map\.sock:onionmx/);
  });
});
