/** Ports of the benchmark; it has a namespace of its own. */
export const farPorts = { smtp: 2602, echo: 2607, sink: 2609 } as const;

/** For each port of the onion services, the relay that it leads to, and what that leads to. */
export const onionPorts = {
  smtp: { onion: 25, relay: 2702, far: farPorts.smtp },
  echo: { onion: 7, relay: 2707, far: farPorts.echo },
  sink: { onion: 9, relay: 2709, far: farPorts.sink },
} as const;

/** Where each sender's Postfix takes mail, and where the SocksPort of its Tor is. */
export const senderPorts = {
  onionmx: { smtp: 2501, socks: 19_051 },
  torsocks: { smtp: 2502, socks: 19_052 },
  isolated: { smtp: 2503, socks: 19_053 },
  direct: { smtp: 2504 },
  raw: { socks: 19_054 },
} as const;
