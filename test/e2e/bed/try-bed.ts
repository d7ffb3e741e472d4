/**
 * Brings up a small bed and says so; for a look by hand, and for tests of what happens to a bed from outside.
 *
 *   tsx test/e2e/bed/enter-namespace.ts -- tsx test/e2e/bed/try-bed.ts [stay]
 */
import process from 'node:process';
import { startBed } from './start-bed.ts';

const bed = await startBed({
  tor: true,
  zones: () => [{ name: 'example.test', kind: 'unsigned', records: 'here A 127.0.0.1' }],
  postfix: [{ name: 'a', hostname: 'mx.example.test', ownDomains: ['example.test'], listenPorts: [2501] }],
  progress: (step, elapsedMs) => console.log(`${(elapsedMs / 1000).toFixed(1)} s ${step}`),
});
console.log(`up in ${bed.folder}`);
if (process.argv[2] !== 'stay') await bed.stop();
