/** A configuration with which nothing would ever reach onionmx: `serve` would have nothing to wait for. */
import type { z } from 'zod';

interface Doors {
  readonly lookup: {
    readonly socketmap?: readonly unknown[] | undefined;
    readonly tcpTable: readonly unknown[];
  };
  readonly delivery: { readonly routingEndpoint: unknown };
  readonly receiving: { readonly onionServices: readonly unknown[] };
}

export function complainOfIdleness({ value, issues }: z.core.ParsePayload<Doors>): void {
  const { lookup, delivery, receiving } = value;
  const isAsked = lookup.socketmap?.length !== 0 || lookup.tcpTable.length > 0;
  if (isAsked || delivery.routingEndpoint !== null || receiving.onionServices.length > 0) return;
  const message =
    'must not be empty where there is no lookup.tcpTable, no delivery.routingEndpoint and no onion service: nobody could reach onionmx';
  issues.push({ code: 'custom', path: ['lookup', 'socketmap'], message, input: lookup.socketmap });
}
