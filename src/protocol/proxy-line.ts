/** The PROXY protocol, version 1 (HAProxy, "The PROXY protocol", section 2.1), as Tor speaks it to an onion service's target. */

/**
 * What Tor sends first with `HiddenServiceExportCircuitID haproxy`: the circuit (32 bits) in an address of its own range
 * (`fc00:dead:beef:4dad::/64`) and as the source port, and the port of the onion service.
 */
export function formatTorProxyLine(circuit: number, virtualPort: number): string {
  const [high, low] = [circuit >>> 16, circuit & 0xffff].map((part) => part.toString(16));
  return `PROXY TCP6 fc00:dead:beef:4dad::${high}:${low} ::1 ${circuit & 0xffff} ${virtualPort}\r\n`;
}
