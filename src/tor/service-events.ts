/** What tor's control port tells of our own onion services (control-spec, "Circuit status changed", "HS_DESC"). */
import { type OnionAddress, parseOnionAddress } from '../protocol/onion-address.ts';
import { parseTorFields } from '../protocol/tor-control.ts';

export interface ServiceEvent {
  /** `client`: a client has a circuit to the service. `published`: a directory has its descriptor, so it can be found. */
  readonly kind: 'client' | 'published';
  readonly onionAddress: OnionAddress;
}

/** The events to ask for. */
export const serviceEventNames = ['CIRC', 'HS_DESC'] as const;

/** undefined for whatever else tor tells. */
export function parseServiceEvent(text: string): ServiceEvent | undefined {
  const [, published] = /^HS_DESC UPLOADED ([a-z2-7]{56}) /.exec(text) ?? [];
  if (published !== undefined) return eventOf('published', published);
  if (!/^CIRC \d+ BUILT /.test(text)) return undefined;
  const fields = parseTorFields(text);
  const label = fields.get('REND_QUERY');
  return fields.get('PURPOSE') === 'HS_SERVICE_REND' && label !== undefined
    ? eventOf('client', label)
    : undefined;
}

/** tor says nothing but true addresses. */
function eventOf(kind: ServiceEvent['kind'], label: string): ServiceEvent {
  return { kind, onionAddress: parseOnionAddress(`${label}.onion`) };
}
