/**
 * Does Tor reach the Tor network? It is asked for an onion service that does not exist: only the network can say that.
 * A new one each time, so that nothing that tor may have kept of an earlier answer stands for the network.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { TorNetworkFacts } from '../doctor/judge-tor.ts';
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import { type OnionAddress, onionAddressOfKey } from '../protocol/onion-address.ts';
import { oneTimeKeyOf } from '../tor/isolation-keys.ts';
import { socksOf } from './socks-of.ts';

/** A Tor in the network takes a second or two. */
const maxNetworkMs = 30_000;
/** RFC 8410: what comes before the 32 octets of an Ed25519 key in its SubjectPublicKeyInfo. */
const publicKeyOffset = 12;

export async function askForNobody(config: Config): Promise<TorNetworkFacts> {
  const target = { onionAddress: makeNobodysAddress(), port: 25, priority: 0, weight: 0 };
  const socksTarget = { host: target.onionAddress, port: target.port };
  const timeoutMs = Math.min(config.delivery.connectTimeoutMs, maxNetworkMs);
  const startMs = performance.now();
  try {
    const connection = await dialThroughSocks(socksOf(config), socksTarget, oneTimeKeyOf(target), timeoutMs);
    connection.destroy();
    return answered(true, startMs);
  } catch (thrown) {
    return explain(toOnionmxError(thrown), startMs);
  }
}

/** Its secret key is thrown away here, so nobody can have such an onion service. */
function makeNobodysAddress(): OnionAddress {
  const { publicKey } = generateKeyPairSync('ed25519');
  return onionAddressOfKey(publicKey.export({ type: 'spki', format: 'der' }).subarray(publicKeyOffset));
}

/** Seen with tor 0.4.9: 0xF0 with ExtendedErrors and 0x04 without, after it has looked in the network; 0x06 or silence without a network. */
function explain(error: OnionmxError, startMs: number): TorNetworkFacts {
  if (error.code === 'onion-no-descriptor') return answered(true, startMs);
  if (error.code === 'onion-connect-failed' && error.message.includes('0x04'))
    return answered(false, startMs);
  const isSocks =
    error.code !== 'tor-unreachable' && error.code !== 'socks-protocol' && error.code !== 'tor-refused';
  return { kind: isSocks ? 'no-network' : 'no-socks', error };
}

function answered(tellsReasons: boolean, startMs: number): TorNetworkFacts {
  return { kind: 'answers', tellsReasons, ms: Math.round(performance.now() - startMs) };
}
