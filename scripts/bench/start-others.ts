/** The other contestants: Postfix's smtp(8) without Tor, under torsocks, and under torsocks -i. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Contestant, describeContestant } from './contestant.ts';
import type { Parts } from './parts.ts';
import { onionPorts, senderPorts } from './ports.ts';
import { directSender, torsocksScript, torsocksSender, transportTable } from './postfix-plans.ts';
import { onionsOf } from './start-far-onions.ts';

export async function startDirect({ startPostfix }: Parts): Promise<Contestant> {
  const postfix = await startPostfix(directSender);
  const table = transportTable((index) => `smtp:[127.0.1.${index}]:${onionPorts.smtp.relay}`);
  await writeFile(join(postfix.configDirectory, 'transport.regexp'), table);
  return describeContestant('without Tor', postfix, senderPorts.direct.smtp);
}

export async function startTorsocks(parts: Parts, isolate: boolean): Promise<Contestant> {
  const { bed, onions } = parts;
  const { smtp, socks } = isolate ? senderPorts.isolated : senderPorts.torsocks;
  const name = isolate ? 'i' : 'p';
  const script = join(bed.folder, `smtp-${name}`);
  await writeFile(script, torsocksScript(socks, isolate));
  await chmod(script, 0o755);
  const tor = await parts.startTor(`torsocks-${name}`, socks);
  const postfix = await parts.startPostfix(torsocksSender(name, smtp, script));
  const all = onionsOf(onions);
  await writeFile(
    join(postfix.configDirectory, 'transport.regexp'),
    transportTable((index) => `torsmtp:[${all[index]}]`),
  );
  // plain torsocks says no name; each process of the other has one of its own, so the echo cannot have the same
  const login = () => (isolate ? { isolationKey: 'echo' } : {});
  return describeContestant(isolate ? 'torsocks -i' : 'torsocks', postfix, smtp, tor, {
    socksPort: socks,
    login,
  });
}
