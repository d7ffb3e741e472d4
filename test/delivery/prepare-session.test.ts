/** Mail that must go inside TLS: over which exchanger it goes, and what recipients are told for whom there is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replyForOutcome } from '../../src/delivery/reply-for-outcome.ts';
import { prepareSession, transactPrepared } from '../../src/delivery/prepare-session.ts';
import { OnionmxError } from '../../src/errors.ts';
import type { Exchanger, ExchangerSet } from '../../src/protocol/exchanger.ts';
import { formatExchanger } from '../../src/protocol/exchanger.ts';
import { quoteReply } from '../../src/protocol/smtp-reply.ts';
import { testCertificate, testKey } from '../commands/made-up-certificate.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { answerWith } from './exchanger-server.ts';
import { makeBody, makeEnvelope, startSession, transact } from './exchanger-session.ts';
import { createFakeSource, FakeSession } from './fake-sessions.ts';

const [one, two] = [makeExchanger(1), makeExchanger(2)];
const set: ExchangerSet = [one, two];

function askFor(...recipients: string[]) {
  const { sender, ...rest } = makeEnvelope(...recipients);
  return { sender: { ...sender, parameters: ['SIZE=5', 'REQUIRETLS'] }, ...rest };
}

const policyNames = (domain: string) =>
  Promise.resolve({
    names: domain === 'a.test' ? ['*.mail.test'] : [domain],
    areAllNames: true,
    isNeeded: false,
  });

interface Shows {
  readonly offers?: 'STARTTLS' | 'nothing';
  readonly inside?: 'REQUIRETLS' | 'nothing';
  readonly names?: readonly string[];
  readonly why?: string;
}

function makeSession(exchanger: Exchanger, { offers, inside, names = [], why }: Shows): FakeSession {
  const session = new FakeSession(exchanger, { startTls: offers !== 'nothing' });
  session.shown = { names, isTrusted: why === undefined, ...(why === undefined ? {} : { why }) };
  session.offersRequireTls = inside !== 'nothing';
  return session;
}

const [a, b] = ['x@a.test', 'y@b.test'];
const lacks = (what: string) =>
  `550 5.7.10 a message with REQUIRETLS needs TLS with a valid certificate: ${what}`;
const nameOne = formatExchanger(one);
const nameTwo = formatExchanger(two);
const queued = (path: string) => `250 2.0.0 ${path} queued`;

const rows: readonly [
  why: string,
  first: Shows,
  second: Shows | OnionmxError,
  expected: readonly string[],
  sentBy: 0 | 1 | 2,
][] = [
  ['the first does for both', { names: ['a.test', 'b.test'] }, {}, [queued(a), queued(b)], 1],
  [
    'the first does for nobody, the second does',
    { offers: 'nothing' },
    { names: ['a.test', 'b.test'] },
    [queued(a), queued(b)],
    2,
  ],
  [
    'the first does for one of them, and so does the second: the other one comes again',
    { names: ['a.test'] },
    { names: ['b.test'] },
    [queued(a), '451 4.7.0 its certificate is shown by another exchanger: it will be sent there'],
    1,
  ],
  [
    'the first does for one of them, the second for nobody',
    { names: ['a.test'] },
    { names: [] },
    [queued(a), lacks(`the certificate of ${nameTwo} is for no name, not for b.test`)],
    1,
  ],
  [
    'the first does for one of them, the second is not there: the other one waits',
    { names: ['b.test', 'c.test'] },
    new OnionmxError('onion-timeout', 'it is down'),
    ['451 4.4.1 it is down', queued(b)],
    1,
  ],
  [
    'neither offers STARTTLS',
    { offers: 'nothing' },
    { offers: 'nothing' },
    [lacks(`${nameTwo} does not offer STARTTLS`), lacks(`${nameTwo} does not offer STARTTLS`)],
    0,
  ],
  [
    'neither offers REQUIRETLS inside',
    { names: ['a.test', 'b.test'], inside: 'nothing' },
    { names: ['a.test', 'b.test'], inside: 'nothing' },
    Array<string>(2).fill(
      `550 5.7.30 REQUIRETLS support required, and ${nameTwo} does not offer it (RFC 8689)`,
    ),
    0,
  ],
  [
    'a certificate for the right name that nobody signed',
    { names: ['a.test', 'b.test'], why: 'SELF_SIGNED' },
    { names: ['a.test', 'b.test'], why: 'CERT_HAS_EXPIRED' },
    Array<string>(2).fill(lacks(`the certificate of ${nameTwo} is not valid: CERT_HAS_EXPIRED`)),
    0,
  ],
];

for (const [why, first, second, expected, sentBy] of rows) {
  test(`REQUIRETLS for two recipients: ${why}`, async () => {
    const current = makeSession(one, first);
    const other = second instanceof OnionmxError ? undefined : makeSession(two, second);
    const given = [current];
    const sessions = createFakeSource(([exchanger]) => {
      assert.equal(exchanger, two, 'the first is there already');
      if (other === undefined) return Promise.reject(second);
      given.push(other);
      return other;
    });
    const envelope = askFor(a, b);
    const way = { sessions, exchangers: set };
    const prepared = await prepareSession(current, envelope, way);
    const outcomes = await transactPrepared(prepared, envelope, makeBody('x\r\n'));
    assert.deepEqual(outcomes.map(replyForOutcome).map(quoteReply), expected);
    const sent = [current, other].map((session) => session?.received.length ?? 0);
    assert.deepEqual(sent, [sentBy === 1 ? 1 : 0, sentBy === 2 ? 1 : 0]);
    const unused = given.filter((session) => session !== prepared.session);
    assert.deepEqual(sessions.released, unused, 'what is not used goes back');
  });
}

test('names of a policy are good as well', async () => {
  const current = makeSession(one, { names: ['mx1.mail.test'] });
  const sessions = createFakeSource(() => Promise.reject(new Error('not asked')));
  const way = { sessions, exchangers: [one] as const, tlsRuleOf: policyNames };
  const { refusals } = await prepareSession(current, askFor(a, b), way);
  assert.deepEqual(
    refusals.map((refusal) => refusal?.code),
    [undefined, 'exchanger-lacks-tls'],
  );
});

test('ordinary mail stays as it is: no TLS, no question', async () => {
  const current = makeSession(one, {});
  const sessions = createFakeSource(() => Promise.reject(new Error('not asked')));
  const prepared = await prepareSession(current, makeEnvelope(a), {
    sessions,
    exchangers: set,
  });
  assert.deepEqual(prepared, { session: current, refusals: [] });
  assert.equal(current.certificate, undefined);
  const outcomes = await transactPrepared(prepared, makeEnvelope(a), makeBody('x\r\n'));
  assert.deepEqual(outcomes.map(replyForOutcome).map(quoteReply), [queued(a)]);
});

/** The route of a.test rests on a certificate, that of b.test does not. */
const onCertificate = (domain: string) =>
  Promise.resolve({ names: [domain], areAllNames: true, isNeeded: domain === 'a.test' });
const routeOf = (why: string) => `451 4.7.5 the route of a.test rests on a certificate: ${why}`;

const needed: readonly [why: string, shows: Shows, expected: readonly string[], bad: readonly string[]][] = [
  [
    'it is good, and REQUIRETLS is not asked for',
    { names: ['a.test'], inside: 'nothing' },
    [queued(a), queued(b)],
    [],
  ],
  [
    'it is for another name: somebody may only pass TLS on',
    { names: ['b.test'] },
    [routeOf(`the certificate of ${nameOne} is for b.test, not for a.test`), queued(b)],
    ['a.test'],
  ],
  [
    'no STARTTLS is offered',
    { offers: 'nothing' },
    [routeOf(`${nameOne} does not offer STARTTLS`), queued(b)],
    ['a.test'],
  ],
];

for (const [why, shows, expected, bad] of needed) {
  test(`a route that rests on a certificate, beside one that does not: ${why}`, async () => {
    const current = makeSession(one, shows);
    const sessions = createFakeSource(() => Promise.reject(new Error('not asked')));
    const told: string[] = [];
    const onBadCertificate = (domain: string) => void told.push(domain);
    const way = { sessions, exchangers: [one] as const, tlsRuleOf: onCertificate, onBadCertificate };
    const envelope = makeEnvelope(a, b);
    const prepared = await prepareSession(current, envelope, way);
    const outcomes = await transactPrepared(prepared, envelope, makeBody('x\r\n'));
    assert.deepEqual(outcomes.map(replyForOutcome).map(quoteReply), expected);
    assert.deepEqual(told, bad);
  });
}

const namesUnknown = () => Promise.resolve({ names: ['a.test'], areAllNames: false, isNeeded: true });

test('the names of a policy are not known now: the mail waits, and the evidence stays', async () => {
  const sessions = createFakeSource(() => Promise.reject(new Error('not asked')));
  const told: string[] = [];
  const onBadCertificate = (domain: string) => void told.push(domain);
  const way = { sessions, exchangers: [one] as const, tlsRuleOf: namesUnknown, onBadCertificate };
  const prepared = await prepareSession(makeSession(one, { names: ['mx.a.test'] }), makeEnvelope(a), way);
  const why = `the certificate of ${nameOne} is for mx.a.test, not for a.test; which other names count is not known now`;
  assert.deepEqual(
    prepared.refusals.map((error) => error && [error.code, error.permanent, error.message]),
    [['tls-failed', false, why]],
  );
  assert.deepEqual(told, []);
});

test('when the handshake fails, mail that needs none goes over a new session', async () => {
  const [current, fresh] = [makeSession(one, {}), makeSession(one, {})];
  current.secure = () => {
    current.isUsable = false;
    return Promise.reject(new OnionmxError('tls-failed', 'no TLS'));
  };
  const sessions = createFakeSource(() => fresh);
  const envelope = makeEnvelope(a, b);
  const told: string[] = [];
  const onBadCertificate = (domain: string) => void told.push(domain);
  const way = { sessions, exchangers: [one] as const, tlsRuleOf: onCertificate, onBadCertificate };
  const prepared = await prepareSession(current, envelope, way);
  const outcomes = await transactPrepared(prepared, envelope, makeBody('x\r\n'));
  assert.deepEqual(outcomes.map(replyForOutcome).map(quoteReply), ['451 4.7.0 no TLS', queued(b)]);
  assert.deepEqual([sessions.released, prepared.session, told], [[current], fresh, []]);
});

const secret = { key: serverKey, certificate: serverCertificate };

test('a session goes on inside TLS between two messages, and MAIL says REQUIRETLS there alone', async (t) => {
  const rules = {
    offers: ['STARTTLS', 'REQUIRETLS', 'PIPELINING'],
    tls: { ...secret, offers: ['PIPELINING', 'REQUIRETLS', 'SIZE'] },
  };
  const { session, server, writes } = await startSession(t, rules, {}, authority);
  assert.deepEqual([session.capabilities.startTls, session.capabilities.requireTls], [true, false]);
  assert.deepEqual(await transact(session, makeEnvelope(a), makeBody('one\r\n')), [
    '250 2.0.0 Ok: queued as Q1',
  ]);
  assert.deepEqual(await session.secure('example.org'), {
    names: ['example.org', '*.mx.example.net'],
    isTrusted: true,
  });
  const before = writes.length;
  assert.deepEqual(await transact(session, askFor('x@example.org'), makeBody('two\r\n')), [
    '250 2.0.0 Ok: queued as Q2',
  ]);
  assert.deepEqual(await transact(session, makeEnvelope(a), makeBody('three\r\n')), [
    '250 2.0.0 Ok: queued as Q3',
  ]);
  assert.deepEqual(
    server.messages.map(({ sender }) => sender),
    ['MAIL FROM:<a@sender.test>', 'MAIL FROM:<a@sender.test> SIZE=5 REQUIRETLS', 'MAIL FROM:<a@sender.test>'],
  );
  assert.doesNotMatch(writes.slice(before).join(''), /sender\.test|two|three/, 'all of it is encrypted');
  assert.deepEqual([server.violations, session.isUsable], [[], true]);
  await session.close();
  assert.equal(server.commands.at(-1), 'QUIT');
});

test('without TLS the message is not sent, whatever is offered', async (t) => {
  const { session, server } = await startSession(t, { offers: ['REQUIRETLS', 'PIPELINING'] });
  assert.deepEqual(await transact(session, askFor(a), makeBody('x\r\n')), [
    'exchanger-lacks-requiretls 5.7.30',
  ]);
  assert.deepEqual(server.commands, ['EHLO [127.0.0.1]']);
});

for (const [why, rules] of [
  ['the handshake fails', { answer: answerWith({ STARTTLS: '220 go ahead\r\nnonsense' }) }],
  ['it refuses', { answer: answerWith({ STARTTLS: '454 4.7.0 not now' }) }],
] as const) {
  test(`a session that could not be secured is of no use, and the message waits: ${why}`, async (t) => {
    const tls = { key: testKey, certificate: testCertificate };
    const { session, server } = await startSession(t, { offers: ['STARTTLS'], tls, ...rules }, {}, authority);
    const sessions = createFakeSource(() => Promise.reject(new Error('not asked')));
    const way = { sessions, exchangers: [session.exchanger] as const };
    const envelope = askFor(a);
    const prepared = await prepareSession(session, envelope, way);
    const [outcome] = await transactPrepared(prepared, envelope, makeBody('x\r\n'));
    assert.ok(outcome !== undefined);
    assert.equal(replyForOutcome(outcome).code, 451);
    assert.deepEqual([session.isUsable, server.messages], [false, []]);
  });
}
