import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';

for (const [circuit, line] of [
  [73, 'PROXY TCP6 fc00:dead:beef:4dad::0:49 ::1 73 25\r\n'], // seen from tor 0.4.9
  [0xffff_fffe, 'PROXY TCP6 fc00:dead:beef:4dad::ffff:fffe ::1 65534 25\r\n'],
] as const) {
  test(`the circuit ${circuit}`, () => assert.equal(formatTorProxyLine(circuit, 25), line));
}
