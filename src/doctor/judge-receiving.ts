/** Mail that comes in through onion services: what the audit of the configurations says, and whether somebody listens. */
import { type DoctorFinding, type Failure, find } from './finding.ts';

export interface ReceivingFacts {
  readonly mailServer: 'postfix' | 'exim' | undefined;
  /** undefined: the mail server's configuration is not known. */
  readonly audited: readonly AuditFinding[] | undefined;
  readonly targets: readonly ListenerFacts[];
  /** Where onion services were looked for. */
  readonly sources: readonly string[];
}

/** As the audit of `check relay` tells it. */
export interface AuditFinding {
  readonly service: string;
  readonly virtualPort: number;
  readonly severity: 'open' | 'broken' | 'warning' | 'fine';
  readonly what: string;
  readonly setting: string;
  readonly fix: string | undefined;
}

interface ListenerFacts {
  /** `127.0.0.1:2515` */
  readonly name: string;
  /** undefined: a connection was accepted. */
  readonly trouble: string | undefined;
}

const severityOf = {
  open: ['error', 'relay'],
  broken: ['error', 'reception'],
  warning: ['warning', 'reception'],
  fine: ['ok', 'relay'],
} as const;

export function judgeReceiving(facts: ReceivingFacts): readonly DoctorFinding[] {
  const { audited, targets, sources, mailServer } = facts;
  return [
    ...judgeConfiguration(audited, sources),
    ...targets.map((target) => judgeListener(target, mailServer)),
  ];
}

function judgeConfiguration(
  audited: ReceivingFacts['audited'],
  sources: readonly string[],
): readonly DoctorFinding[] {
  if (audited === undefined)
    return [
      find(
        'unknown',
        'relay',
        'whether strangers can relay through an onion service cannot be read from here',
        'only the configurations of Postfix and Exim are read, as root; any mail server can be tried',
        'onionmx check relay ADDRESS.onion',
      ),
    ];
  if (audited.length > 0) return audited.map(judgeAudited);
  const fact = `no onion service for mail in ${sources.join(', ')}: this host only sends over onions`;
  return [find('ok', 'reception', fact)];
}

function judgeAudited({ service, severity, what, setting, fix }: AuditFinding): DoctorFinding {
  const [found, id] = severityOf[severity];
  const fact = `${service}: ${what}`;
  if (severity === 'fine') return find(found, id, fact);
  return find(found, id, fact, setting, fix);
}

const restarts = {
  postfix: 'postfix status; postfix reload',
  exim: 'update-exim4.conf && systemctl restart exim4; systemctl status exim4',
} as const;

function judgeListener(
  { name, trouble }: ListenerFacts,
  mailServer: ReceivingFacts['mailServer'],
): DoctorFinding {
  if (trouble === undefined) return find('ok', 'listener', `${name} accepts connections`);
  const reason = 'an onion service leads there: whoever sends you mail over Tor is turned away';
  return find(
    'error',
    'listener',
    `nobody listens at ${name}: ${trouble}`,
    reason,
    mailServer === undefined ? 'ss -ltn' : restarts[mailServer],
  );
}

export function unknownReceiving({ message, hint }: Failure): DoctorFinding {
  return find('unknown', 'reception', 'what onion services lead to is not known', message, hint);
}
