/**
 * Brings a freshly started private network to its first consensus, step by step. Left alone, it fails now and then: a
 * vote taken before every authority knows every descriptor makes a network that lacks relays for five minutes, and an
 * onion service that publishes its descriptor before the directories know the consensus is not found for an hour.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorProcess } from './tor-process.ts';
import { type AuthorityNode, firstVoteLines } from './tor-torrc.ts';
import { waitFor } from './wait-for.ts';

const descriptorsTimeoutMs = 30_000;
const consensusTimeoutMs = 30_000;
const directoryTimeoutMs = 30_000;

export async function reachFirstConsensus(
  authorities: readonly AuthorityNode[],
  nodes: readonly TorProcess[],
): Promise<void> {
  const isAuthority = (node: TorProcess) => authorities.some(({ name }) => name === node.name);
  await Promise.all(authorities.map((each) => waitForDescriptors(each, nodes)));
  for (const node of nodes.filter(isAuthority)) await allowVote(node);
  await Promise.all(authorities.map((each) => waitForConsensus(each, nodes)));
  const relays = nodes.filter((each) => !isAuthority(each));
  for (const relay of relays) relay.reload(); // makes it fetch at once
  await Promise.all(relays.map(waitForDirectory));
}

function waitForDescriptors(authority: AuthorityNode, nodes: readonly TorProcess[]): Promise<unknown> {
  const knowsAll = async () => {
    for (const node of nodes) node.assertRunning();
    const text = await fetchDirectory(authority, '/tor/server/all');
    return countMatches(text, /^router /gm) === nodes.length;
  };
  return waitFor(`${authority.name} to know every relay`, knowsAll, descriptorsTimeoutMs, {
    explain: () => tailsOf(nodes),
  });
}

/** SIGHUP makes an authority plan its next vote anew. */
async function allowVote(authority: TorProcess): Promise<void> {
  const path = join(authority.dataFolder, 'torrc');
  const torrc = await readFile(path, 'utf8');
  await writeFile(path, torrc.replace(firstVoteLines.farAway, firstVoteLines.soon));
  authority.reload();
}

function waitForConsensus(authority: AuthorityNode, nodes: readonly TorProcess[]): Promise<unknown> {
  const listsAll = async () => {
    const text = await fetchDirectory(authority, '/tor/status-vote/current/consensus-microdesc');
    return [/^s .*\bHSDir\b.*\bRunning\b/gm, /^w Bandwidth=102\b/gm].every(
      (pattern) => countMatches(text, pattern) === nodes.length,
    );
  };
  return waitFor(`${authority.name} to publish the first consensus`, listsAll, consensusTimeoutMs, {
    explain: () => tailsOf(nodes),
  });
}

/** 75 is the step at which a node knows the others. Whether it then builds circuits of its own does not matter. */
function waitForDirectory(node: TorProcess): Promise<unknown> {
  const isDone = async () => /Bootstrapped (?:7[5-9]|[89]\d|100)%/.test(await readFile(node.logPath, 'utf8'));
  return waitFor(`${node.name} to know the network`, isDone, directoryTimeoutMs, { explain: node.logTail });
}

async function fetchDirectory(authority: AuthorityNode, path: string): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${authority.dirPort}${path}`);
    return await response.text();
  } catch {
    return ''; // it does not listen yet
  }
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function tailsOf(nodes: readonly TorProcess[]): string {
  return nodes.map((node) => `--- ${node.name}\n${node.logTail()}`).join('\n');
}
