import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SmtpReply } from '../../src/protocol/smtp-reply.ts';
import {
  type HostManners,
  judgeHost,
  judgeReply,
  type RelayFinding,
  type RelayOutcome,
} from '../../src/relay-check/judge-reply.ts';
import type { RelayAttempt } from '../../src/relay-check/relay-attempts.ts';

const plain: RelayAttempt = {
  id: 'plain',
  what: 'from outside to outside',
  sender: 'a@example.net',
  recipients: ['b@example.com'],
  home: undefined,
  isPlain: true,
  needsSmtpUtf8: false,
};
const strange = { ...plain, id: 'strange', isPlain: false };
const rewritten = { ...strange, id: 'percent-own', home: 'own.test' };
const manners: HostManners = { control: { code: 250, lines: ['2.1.5 Ok'] }, catchAlls: new Set() };

const rows: readonly [finding: RelayFinding, attempt: RelayAttempt, reply: string, why: string][] = [
  ['accepted', plain, '250 2.1.5 Ok', 'it would take the message'],
  ['accepted', strange, '251 2.1.5 will forward', 'so would this'],
  ['accepted', rewritten, '250 2.1.5 Ok', 'nobody is called so, and it is taken'],
  ['refused', plain, '554 5.7.1 <b@example.com>: Relay access denied', 'Postfix'],
  ['refused', plain, '454 4.7.1 <b@example.com>: Relay access denied', "Debian's Postfix"],
  ['refused', plain, '550 relay not permitted', 'Exim'],
  ['refused', plain, '550 5.7.1 we do not know you', 'a policy'],
  ['refused', plain, '553 sorry', 'an old server without enhanced codes'],
  ['unclear', plain, '450 4.7.1 Greylisted, come again', 'later it may be taken'],
  ['unclear', plain, '550 5.1.2 host not found', 'a domain that is there may be taken'],
  [
    'unclear',
    plain,
    '550 5.1.1 <relay@example.com>: user unknown',
    'the word is in the address, not in the refusal',
  ],
  ['refused', strange, '501 5.1.3 bad recipient address syntax', 'a strange address, refused for that'],
  ['unclear', strange, '451 4.3.0 try later', 'it does not know itself'],
];
for (const [finding, attempt, reply, why] of rows) {
  test(`${finding}: ${reply} (${why})`, () => {
    const parsed: SmtpReply = { code: Number(reply.slice(0, 3)), lines: [reply.slice(4)] };
    assert.equal(judgeReply(attempt, parsed, manners), finding);
  });
}

const ok: SmtpReply = { code: 250, lines: ['2.1.5 Ok'] };
const denied: SmtpReply = { code: 554, lines: ['5.7.1 Relay access denied'] };
const later: SmtpReply = { code: 450, lines: ['4.7.1 Greylisted'] };

test('what is taken of any user says nothing about rewriting', () => {
  const catchAll = { ...manners, catchAlls: new Set(['own.test']) };
  assert.equal(judgeReply(rewritten, ok, catchAll), 'unclear');
  assert.equal(judgeReply({ ...rewritten, home: 'localhost' }, ok, catchAll), 'accepted');
});

const refused: RelayOutcome = { attempt: plain, finding: 'refused', reply: denied };
const verdicts: readonly [string, string, HostManners, readonly RelayOutcome[], RegExp[]][] = [
  ['closed', 'all are refused', manners, [refused], []],
  ['open', 'one is enough', manners, [refused, { attempt: strange, finding: 'accepted', reply: ok }], []],
  [
    'unclear',
    'a plain one is greylisted',
    manners,
    [{ attempt: plain, finding: 'unclear', reply: later }],
    [/^plain: refused for another reason than relaying: 450 4\.7\.1 Greylisted$/],
  ],
  [
    'closed',
    'a strange one is refused for now',
    manners,
    [refused, { attempt: strange, finding: 'unclear', reply: later }],
    [/^strange: /],
  ],
  [
    'unclear',
    'a rewritten one is taken where all are',
    manners,
    [refused, { attempt: rewritten, finding: 'unclear', reply: ok }],
    [/^percent-own: accepted, but so is any other user there/],
  ],
  [
    'unclear',
    'it refuses its own mail as well',
    { ...manners, control: later },
    [refused],
    [/^its own postmaster is refused as well, .*: 450 4\.7\.1 Greylisted$/],
  ],
];
for (const [verdict, why, host, outcomes, doubts] of verdicts) {
  test(`${verdict}: ${why}`, () => {
    const report = judgeHost(host, outcomes);
    assert.equal(report.verdict, verdict);
    assert.equal(report.doubts.length, doubts.length);
    for (const [index, doubt] of doubts.entries()) assert.match(report.doubts[index] ?? '', doubt);
  });
}
