/** The configuration of the private Tor network's nodes, as torrc lines. All of it listens and connects on 127.0.0.1. */
import type { AuthorityIdentity } from './tor-keys.ts';

export interface AuthorityNode extends AuthorityIdentity {
  readonly name: string;
  readonly orPort: number;
  readonly dirPort: number;
}

/** What any tor needs to live in this network, and nothing that names a file: also right for a tor of somebody else. */
export function networkLines(authorities: readonly AuthorityNode[]): string[] {
  return [
    'TestingTorNetwork 1',
    'PathsNeededToBuildCircuits 0.67',
    'AddressDisableIPv6 1',
    // a name that an exit resolves to this host is no attack here
    'ClientDNSRejectInternalAddresses 0',
    'ClientRejectInternalAddresses 0',
    'OutboundBindAddress 127.0.0.1',
    'ConnLimit 60',
    'ShutdownWaitLength 0',
    ...authorities.map(
      ({ name, orPort, dirPort, v3Identity, fingerprint }) =>
        `DirAuthority ${name} orport=${orPort} no-v2 v3ident=${v3Identity} 127.0.0.1:${dirPort} ${fingerprint}`,
    ),
  ];
}

export function relayLines(name: string, orPort: number, resolvConfPath: string): string[] {
  return [
    `Nickname ${name}`,
    'Address 127.0.0.1',
    `ORPort 127.0.0.1:${orPort} IPv4Only`,
    'SocksPort 0',
    'AssumeReachable 1',
    'MaxAdvertisedBandwidth 100 KBytes',
    // Names are asked of the bed's resolver. Clients know of an exit's policy by its ports alone, so it has to say *:*;
    // OutboundBindAddress keeps it on this host.
    'ExitRelay 1',
    'ExitPolicyRejectPrivate 0',
    'ExitPolicy accept *:*',
    'ServerDNSRandomizeCase 0',
    'ServerDNSDetectHijacking 0',
    'ServerDNSAllowBrokenConfig 1',
    `ServerDNSResolvConfFile ${resolvConfPath}`,
    'ContactInfo none@example.test',
  ];
}

/**
 * The state file of a relay that has seen more traffic than it may advertise, so that all relays advertise the same.
 * A new relay has seen none; as soon as one has seen a little, every circuit would want to end at that one.
 */
export function relayStateText(now: Date): string {
  const ends = new Date(now.getTime() - 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const directions = ['Read', 'Write'];
  return directions
    .flatMap((direction) => [
      `BWHistory${direction}Ends ${ends}`,
      `BWHistory${direction}Interval 86400`,
      `BWHistory${direction}Values 86400000000`,
      `BWHistory${direction}Maxima 1000000`,
    ])
    .concat('')
    .join('\n');
}

/**
 * A vote that is taken before every authority knows every descriptor makes a network that lacks relays until the next
 * vote. So authorities start far from their first vote, and are told to vote when they know enough. Later votes are five
 * minutes apart: shorter intervals make the network lose its footing.
 */
export const firstVoteLines = {
  farAway: 'TestingV3AuthInitialVotingInterval 1800',
  soon: 'TestingV3AuthInitialVotingInterval 5',
};

export function authorityLines(dirPort: number): string[] {
  return [
    `DirPort 127.0.0.1:${dirPort} IPv4Only`,
    'AuthoritativeDirectory 1',
    'V3AuthoritativeDirectory 1',
    'TestingV3AuthInitialVoteDelay 2',
    'TestingV3AuthInitialDistDelay 2',
    'V3AuthVotingInterval 300',
    'V3AuthVoteDelay 2',
    'V3AuthDistDelay 2',
    'V3AuthNIntervalsValid 3',
    'TestingAuthDirTimeToLearnReachability 0',
    'TestingDirAuthVoteGuard *',
    'TestingDirAuthVoteHSDir *',
    'TestingMinExitFlagThreshold 0',
    'TestingDirAuthVoteExit *',
    'AuthDirMaxServersPerAddr 0',
  ];
}
