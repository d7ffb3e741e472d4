/** Says why a test bed cannot be made here: what is missing, by the names of Debian packages. */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import { findProgram } from './find-program.ts';

export type BedNeed =
  | 'tor'
  | 'dns'
  | 'postfix'
  | 'exim'
  | 'opensmtpd'
  | 'haraka'
  | 'chasquid'
  | 'onionbalance'
  | 'rspamd'
  | 'mta-sts'
  | 'trace';

const programsOf: Record<BedNeed | 'namespace', Readonly<Record<string, string>>> = {
  namespace: { ip: 'iproute2', unshare: 'util-linux', setpriv: 'util-linux', mount: 'mount' },
  tor: { tor: 'tor', 'tor-gencert': 'tor' },
  dns: { nsd: 'nsd', unbound: 'unbound', 'ldns-keygen': 'ldnsutils', 'ldns-signzone': 'ldnsutils' },
  trace: { strace: 'strace' },
  rspamd: { rspamd: 'rspamd' },
  'mta-sts': { 'mta-sts-daemon': 'postfix-mta-sts-resolver' },
  // Unpacked, not installed: Debian has one mail server at a time, and Haraka comes from npm.
  exim: {},
  opensmtpd: {},
  haraka: {},
  chasquid: {},
  onionbalance: {},
  postfix: { postfix: 'postfix', postconf: 'postfix', postqueue: 'postfix' },
};

/** Where scripts/install.sh puts what is not installed. */
const unpacked: Partial<Record<BedNeed, string>> = {
  exim: '.testbed/exim4/usr/sbin/exim4',
  opensmtpd: '.testbed/opensmtpd/usr/sbin/smtpd',
  haraka: '.testbed/haraka/node_modules/Haraka/bin/haraka',
  chasquid: '.testbed/chasquid/usr/bin/chasquid',
  onionbalance: '.testbed/onionbalance/usr/sbin/onionbalance',
};

const everything: readonly BedNeed[] = ['tor', 'dns', 'postfix'];

/** `undefined` when all that is needed is there. */
function bedUnavailableReason(needs: readonly BedNeed[] = everything): string | undefined {
  if (process.getuid?.() !== 0) return 'the test bed needs root, for its network namespace and for Postfix';
  const missing = missingPackages(needs);
  if (missing.length > 0) return `the test bed needs Debian packages: apt-get install ${missing.join(' ')}`;
  const program = needs.flatMap((need) => unpacked[need] ?? []).find((path) => !existsSync(path));
  if (program !== undefined) return `the test bed needs ${program}: run scripts/install.sh as root`;
  if (!isAlone()) return 'run it through test/e2e/bed/enter-namespace.ts: this process can reach the network';
  return undefined;
}

/** For `{ skip: bedSkip() }`. In CI (CI=true) a skipped test is a failure, so there it throws. */
export function bedSkip(needs?: readonly BedNeed[]): string | false {
  const reason = bedUnavailableReason(needs);
  if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`no test bed in CI: ${reason}`);
  return reason ?? false;
}

export function missingPackages(needs: readonly BedNeed[]): string[] {
  const wanted = (['namespace', ...needs] as const).flatMap((need) => Object.entries(programsOf[need]));
  const missing = wanted.filter(([program]) => findProgram(program) === undefined);
  return [...new Set(missing.map(([, packageName]) => packageName))].sort();
}

/** Only the loopback interface is up. */
function isAlone(): boolean {
  return Object.keys(networkInterfaces()).every((name) => name === 'lo');
}
