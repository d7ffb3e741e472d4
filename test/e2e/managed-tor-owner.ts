/** A process that owns a managed tor and then does nothing, for tests that kill it: `managed-tor-owner.ts FOLDER [torrc line]…` */
import process from 'node:process';
import { createLog } from '../../src/log.ts';
import { startManagedTor } from '../../src/tor/managed-tor.ts';

const [folder = '', ...extraTorrc] = process.argv.slice(2);
startManagedTor({ program: 'tor', folder, extraTorrc, log: createLog('info') });
