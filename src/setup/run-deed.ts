/** Runs a program of a plan; when it fails, its own words stand behind its name. */
import { messageOf } from '../errors.ts';
import type { HostHands } from './host-hands.ts';
import { type Deed, formatDeed } from './plan.ts';

export async function runDeed(deed: Deed, hands: HostHands): Promise<void> {
  try {
    await hands.run(deed);
  } catch (cause) {
    throw new Error(`\`${formatDeed(deed)}\` says: ${messageOf(cause)}`, { cause });
  }
}
