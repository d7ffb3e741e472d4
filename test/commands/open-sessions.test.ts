import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSessions } from '../../src/commands/open-sessions.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { startFakeSocks } from '../net/fake-socks.ts';
import { createRecordingLog } from '../recording-log.ts';

const exchanger = makeExchanger(1);

for (const [replyCode, generations, why] of [
  [0x06, [0, 1], 'it timed out inside Tor: the circuit may be at fault'],
  [0x01, [0, 1], 'a general failure: the same'],
  [0xf0, [0, 0], 'no descriptor: no other circuit finds one'],
  [0xf2, [0, 0], 'the introduction was refused: their host is off'],
] as const) {
  test(`after SOCKS reply 0x${replyCode.toString(16)} the next session: ${why}`, async (t) => {
    const afterRequest = Buffer.of(1, 0, 5, replyCode, 0, 1, 0, 0, 0, 0, 0, 0);
    const socks = await startFakeSocks(t, { afterRequest });
    const config = parseConfig('', 'none', rootEnvironment);
    const sessions = openSessions(config, socks.address, createRecordingLog());
    for (const _ of generations)
      await assert.rejects(sessions.acquire([exchanger]), { name: 'OnionmxError' });
    const keys = generations.map((generation) => `${exchanger.onionAddress}:25#${generation}`);
    assert.deepEqual(
      socks.requests.map((request, index) => request.includes(keys[index] ?? 'none')),
      [true, true],
    );
  });
}
