/** With an Exim that is made up; the real one is in test/e2e/check-relay-exim.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EximSession } from '../../src/mail-host/exim-rehearsal.ts';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import type { SmtpReply } from '../../src/protocol/smtp-reply.ts';
import { auditExim } from '../../src/relay-check/audit-exim.ts';
import { onionService } from './postfix-configuration.ts';

interface MadeUpExim {
  readonly expectsProxyLine?: boolean;
  /** Whether it passes on mail of strangers for a session that begins so. */
  readonly relaysFor?: (session: EximSession) => boolean;
  readonly own?: SmtpReply;
  readonly offers?: readonly string[];
}

const listensAt = { kind: 'tcp', host: '127.0.0.1', port: 2515 } as const;
const ok: SmtpReply = { code: 250, lines: ['OK'] };
const denied: SmtpReply = { code: 550, lines: ['relay not permitted'] };

async function audit(exim: MadeUpExim, torrc: string) {
  const { expectsProxyLine = true, relaysFor = () => false, own = ok, offers = [] } = exim;
  const played: EximSession[] = [];
  const listener = { name: '127.0.0.1.2515', address: listensAt, addresses: [listensAt] };
  const findings = await auditExim(
    [{ ...listener, isTlsOnly: false, expectsProxyLine }],
    parseHiddenServices(torrc),
    {
      ownDomain: parseDomainName('own.test'),
      rehearse: async (session) => {
        played.push(session);
        const isOwn = session.input.includes('RCPT TO:<postmaster@own.test>');
        const stranger = relaysFor(session) ? ok : denied;
        const replies: SmtpReply[] = [
          { code: 220, lines: ['mx.own.test'] },
          { code: 250, lines: ['Hello', ...offers] },
          ok,
          isOwn ? own : stranger,
          { code: 221, lines: ['closing connection'] },
        ];
        return { replies, trace: '' };
      },
    },
  );
  return { played, findings, severities: findings.map(({ severity }) => severity).join(' ') };
}

const haproxy = onionService('25 2515');
const none = onionService('25 2515', 'none');
const isForged = ({ input }: EximSession) => input.startsWith('PROXY TCP4 127.0.0.1 ');

const rows: readonly [why: string, exim: MadeUpExim, torrc: string, severities: string, says: RegExp][] = [
  ['ours', {}, haproxy, 'fine', /each circuit as a client of its own and refuses/],
  ['ours, without the line', { expectsProxyLine: false }, none, 'fine', /all clients as tor itself/],
  [
    'all may relay',
    { relaysFor: () => true },
    haproxy,
    'open',
    /4dad::\/64 by the PROXY line.*everybody on Tor/,
  ],
  ['a forged line', { relaysFor: isForged }, haproxy, 'warning', /a local process that writes "PROXY/],
  [
    'onion clients forge it',
    { relaysFor: isForged },
    none,
    'open broken',
    /can write one with any address.*waits for a PROXY line/,
  ],
  [
    'a sender of its own is trusted',
    { relaysFor: ({ input }) => input.includes('MAIL FROM:<postmaster@own.test>') },
    haproxy,
    'open',
    /everybody on Tor/,
  ],
  [
    'its own mail is refused',
    { own: denied },
    haproxy,
    'broken',
    /postmaster@own\.test is refused.*550 relay not/,
  ],
  ['for now', { own: { code: 451, lines: ['later'] } }, haproxy, 'warning', /451 later/],
  ['out of step', { expectsProxyLine: false }, haproxy, 'broken', /Exim takes for an unknown SMTP command/],
  ['logins', { offers: ['SIZE 5', 'AUTH PLAIN'] }, haproxy, 'warning', /passwords can be guessed/],
  ['nobody listens', {}, onionService('25 2599'), 'broken', /where Exim does not listen/],
  ['another host', {}, onionService('25 192.0.2.1:25'), 'warning', /another host/],
  ['no mail', {}, onionService('80 8080'), '', /^$/],
];

for (const [why, exim, torrc, severities, says] of rows) {
  test(`${severities}: ${why}`, async () => {
    const found = await audit(exim, torrc);
    const text = found.findings.map(({ what }) => what).join('; ');
    assert.equal(found.severities, severities, text);
    assert.match(text, says);
  });
}

test('each session is what tor and a client would say, to where tor connects, and no message', async () => {
  const { played } = await audit({}, haproxy);
  const [first] = played;
  assert.deepEqual(
    [first?.client, first?.at, first?.input.split('\r\n')],
    [
      '127.0.0.1',
      '127.0.0.1.2515',
      [
        'PROXY TCP6 fc00:dead:beef:4dad::0:49 ::1 73 25',
        'EHLO [127.0.0.1]',
        'MAIL FROM:<onionmx-check@example.net>',
        'RCPT TO:<onionmx-check@example.com>',
        'QUIT',
        '',
      ],
    ],
  );
  assert.ok(played.every(({ input }) => !/DATA|\.onion/.test(input)));
});
