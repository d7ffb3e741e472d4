/**
 * A tor program for tests: reads its torrc, opens its sockets, and ends when its owner's connection does.
 * A comment line `# fake …` in the torrc makes it misbehave. Run it by `writeFakeTor`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { listen } from '../../src/net/listen.ts';
import { startFakeControl } from './fake-control-port.ts';

if (process.argv.includes('--list-modules')) {
  process.stdout.write('relay: yes\ndirauth: yes\ndircache: yes\npow: yes\n');
  process.exit(0);
}
const torrc = readFileSync(process.argv[process.argv.indexOf('-f') + 1] ?? '', 'utf8');
const fakes = new Set(Array.from(torrc.matchAll(/^# fake (.*)$/gm), ([, word = '']) => word));

function quotedAfter(option: string): string {
  return new RegExp(`^${option} (?:unix:)?"(.*?)"`, 'm').exec(torrc)?.[1] ?? '';
}

function say(severity: string, text: string): void {
  process.stdout.write(`Nov 24 08:31:06.000 [${severity}] ${text}\n`);
}

say('notice', `Fake tor ${process.pid}`);
if (fakes.has('complains')) {
  say('warn', "Unknown option 'Foo'.");
  say('err', 'Reading config failed');
  process.exit(1);
}
process.on('SIGTERM', () => process.exit(0));
const cookie = Buffer.alloc(32, process.pid % 256);
writeFileSync(quotedAfter('CookieAuthFile'), cookie);
if (!fakes.has('has no SocksPort')) {
  await listen(
    { kind: 'unix', path: quotedAfter('SocksPort') },
    { onConnection: (client) => client.destroy() },
  );
}
await startFakeControl(
  { kind: 'unix', path: quotedAfter('ControlPort') },
  {
    cookie,
    answer: (command, client) => {
      if (command === 'TAKEOWNERSHIP') {
        if (fakes.has('has no owner')) return '510 Command not known\r\n';
        void client.closed.then(() => process.exit(0));
      }
      if (command === 'GETINFO status/bootstrap-phase') {
        const event = 'BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"';
        return `250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=0 TAG=starting SUMMARY="Starting"\r\n250 OK\r\n650 STATUS_CLIENT NOTICE ${event}\r\n`;
      }
      return undefined;
    },
  },
);
