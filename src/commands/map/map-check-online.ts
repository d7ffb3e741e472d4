/** Asks DNS and the exchangers themselves whether each entry of a map is still true. Sends no mail. */
import type { Config } from '../../config/schema.ts';
import { type ProbeStep, probeExchanger } from '../../delivery/probe-exchanger.ts';
import { type OnionmxError, toOnionmxError } from '../../errors.ts';
import { dialThroughSocks } from '../../net/dial-socks.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, formatExchanger, isSameSet } from '../../protocol/exchanger.ts';
import { isRefusal, quoteReply, type SmtpReply } from '../../protocol/smtp-reply.ts';
import { describeSrvAnswer } from '../../routing/dns/describe-srv-answer.ts';
import type { MapEntry } from '../../routing/map/domain-map.ts';
import type { SrvAnswer } from '../../routing/dns/srv-discovery.ts';
import { oneTimeKeyOf } from '../../tor/isolation-keys.ts';
import { openDiscovery } from '../open-router.ts';
import { openPublishedProofs } from '../open-published-proofs.ts';
import { openResolver } from '../open-resolver.ts';
import { checkProof, type ProofCheck } from './map-proof.ts';
import { forEachBounded } from '../run-bounded.ts';
import { socksOf } from '../socks-of.ts';

/** What the domain's own SRV records say of the entry. `none`: it publishes no exchangers, so the map alone names them. */
interface SrvCheck {
  readonly result: 'agrees' | 'differs' | 'none' | 'failed';
  /** The answer in words. */
  readonly said: string;
}

/** What one exchanger does with mail for `postmaster` of one domain, which every domain must take (RFC 5321 §4.5.1). */
interface ExchangerCheck {
  readonly exchanger: string;
  readonly result: 'accepts' | 'refuses' | 'silent';
  /** Its last reply, or why there is none. */
  readonly said: string;
  /** Of a refusal, the SMTP reply code. */
  readonly code: number | undefined;
  /** Why it is silent. */
  readonly error: OnionmxError | undefined;
}

export interface EntryCheck {
  readonly domain: DomainName;
  readonly place: string;
  readonly srv: SrvCheck;
  readonly proof: ProofCheck;
  readonly exchangers: readonly ExchangerCheck[];
}

/** Called when `done` of `total` questions are answered. */
export type OnProgress = (done: number, total: number) => void;

const atOnce = 8;

interface Question {
  readonly domain: DomainName;
  readonly answer: (check: ExchangerCheck) => void;
}

/** In the order of the entries. Never throws for what a far host, DNS or Tor does. */
export async function checkMapOnline(
  entries: ReadonlyMap<DomainName, MapEntry>,
  config: Config,
  onProgress: OnProgress,
  ca?: string,
): Promise<readonly EntryCheck[]> {
  const resolver = await openResolver(config);
  const discover = openDiscovery(config, resolver);
  const fetchProofs = openPublishedProofs(config, resolver, ca);
  const srvChecks = new Map<DomainName, SrvCheck>();
  const proofChecks = new Map<DomainName, ProofCheck>();
  const answers = new Map<string, ExchangerCheck>();
  const rounds = roundsOf(entries);
  const total = 2 * entries.size + rounds.reduce((sum, { domains }) => sum + domains.length, 0);
  let done = 0;
  const step = () => onProgress(++done, total);

  const askDns = Array.from(entries, ([domain, { exchangers }]) => async () => {
    srvChecks.set(domain, compareWithSrv(exchangers, await discover(domain)));
    step();
  });
  const askProofs = Array.from(entries, ([domain, { exchangers }]) => async () => {
    proofChecks.set(domain, await checkProof(domain, exchangers, fetchProofs));
    step();
  });
  const askExchangers = rounds.map(
    ({ exchanger, domains }) =>
      () =>
        askExchanger(
          exchanger,
          domains.map((domain) => ({
            domain,
            answer: (check) => {
              answers.set(keyOf(domain, exchanger), check);
              step();
            },
          })),
          config,
        ),
  );
  await forEachBounded([...askDns, ...askExchangers, ...askProofs], atOnce, (ask) => ask());

  return Array.from(entries, ([domain, { place, exchangers }]) => ({
    domain,
    place,
    srv: srvChecks.get(domain) ?? { result: 'failed', said: 'not asked' },
    proof: proofChecks.get(domain) ?? { result: 'failed', said: 'not asked' },
    exchangers: exchangers.flatMap((exchanger) => answers.get(keyOf(domain, exchanger)) ?? []),
  }));
}

function keyOf(domain: DomainName, exchanger: Exchanger): string {
  return `${domain} ${formatExchanger(exchanger)}`;
}

interface Round {
  readonly exchanger: Exchanger;
  readonly domains: readonly DomainName[];
}

/** An exchanger of many domains is asked for one after the other: it must not take this for an attack. */
function roundsOf(entries: ReadonlyMap<DomainName, MapEntry>): readonly Round[] {
  const rounds = new Map<string, { exchanger: Exchanger; domains: DomainName[] }>();
  for (const [domain, { exchangers }] of entries) {
    for (const exchanger of exchangers) {
      const round = rounds.get(formatExchanger(exchanger)) ?? { exchanger, domains: [] };
      round.domains.push(domain);
      rounds.set(formatExchanger(exchanger), round);
    }
  }
  return [...rounds.values()];
}

function compareWithSrv(exchangers: ExchangerSet, answer: SrvAnswer): SrvCheck {
  const said = describeSrvAnswer(answer);
  if (answer.kind !== 'found') return { result: answer.kind, said };
  return { result: isSameSet(exchangers, answer.exchangers) ? 'agrees' : 'differs', said };
}

/** All on one circuit; an exchanger that cannot be reached is not tried again for its other domains. */
async function askExchanger(
  exchanger: Exchanger,
  questions: readonly Question[],
  config: Config,
): Promise<void> {
  const key = oneTimeKeyOf(exchanger);
  let unreachable: OnionmxError | undefined;
  const connect = async () => {
    if (unreachable !== undefined) throw unreachable;
    const target = { host: exchanger.onionAddress, port: exchanger.port };
    try {
      return await dialThroughSocks(socksOf(config), target, key, config.delivery.connectTimeoutMs);
    } catch (thrown) {
      unreachable = toOnionmxError(thrown);
      throw unreachable;
    }
  };
  for (const { domain, answer } of questions) {
    const replies: ProbeStep[] = [];
    const options = { heloName: config.delivery.heloName, recipient: `postmaster@${domain}` };
    try {
      await probeExchanger(await connect(), exchanger, options, (step) => void replies.push(step));
      answer(judgeReplies(exchanger, replies));
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      const recipient = replies.find(({ step }) => step === 'RCPT');
      // what comes after the answer to RCPT says nothing of the entry
      answer(recipient === undefined ? silence(exchanger, error) : judgeReplies(exchanger, replies));
    }
  }
}

function silence(exchanger: Exchanger, error: OnionmxError): ExchangerCheck {
  return {
    exchanger: formatExchanger(exchanger),
    result: 'silent',
    said: error.message,
    code: undefined,
    error,
  };
}

function judgeReplies(exchanger: Exchanger, steps: readonly ProbeStep[]): ExchangerCheck {
  const recipient = steps.find(({ step }) => step === 'RCPT');
  const last = recipient ?? steps.at(-1);
  const isAccepted = recipient !== undefined && !isRefusal(recipient.reply);
  const name = { exchanger: formatExchanger(exchanger), error: undefined };
  return isAccepted
    ? { ...name, result: 'accepts', said: quoteReply(recipient.reply), code: undefined }
    : {
        ...name,
        result: 'refuses',
        said: last === undefined ? '' : quoteStep(last),
        code: codeOf(last?.reply),
      };
}

function quoteStep({ step, reply }: ProbeStep): string {
  return `${step}: ${quoteReply(reply)}`;
}

function codeOf(reply: SmtpReply | undefined): number | undefined {
  return reply?.code;
}
