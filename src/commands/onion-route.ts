/** The route of a domain for the commands that go that way: an onion, or a failure that says why there is none. */
import type { Config } from '../config/schema.ts';
import { OnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import type { Route } from '../routing/route.ts';
import { routeOnce } from './open-router.ts';

type OnionRoute = Extract<Route, { kind: 'onion' }>;

/** Throws `route-unknown` and `no-onion-route`. */
export async function findOnionRoute(domain: DomainName, config: Config, log: Log): Promise<OnionRoute> {
  const { route } = await routeOnce(domain, config, log);
  if (route.kind === 'onion') return route;
  const hint = `\`onionmx lookup ${domain}\` shows each step`;
  if (route.kind === 'defer') throw new OnionmxError('route-unknown', `${domain}: ${route.reason}`, { hint });
  throw new OnionmxError('no-onion-route', `${domain} has no onion mail exchanger: ${route.reason}`, {
    hint,
  });
}
