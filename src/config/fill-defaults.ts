/** The defaults that depend on the host, and on other settings. */
import { isAbsolute, join } from 'node:path';
import { parseSocketAddress } from '../protocol/socket-address.ts';
import type { Environment } from './environment.ts';
import type { Config, Settings } from './schema.ts';

const postfixQueue = '/var/spool/postfix';
/** In Postfix's queue directory, because its processes may be confined to it (chroot). */
const postfixFolder = join(postfixQueue, 'onionmx');

export function fillDefaults(settings: Settings, environment: Environment): Config {
  const stateFolder = settings.stateFolder ?? findStateFolder(environment);
  const socketFolder = findSocketFolder(settings, environment);
  const { lookup, delivery } = settings;
  const endpointFolder = delivery.endpointFolder ?? socketFolder ?? join(stateFolder, 'endpoints');
  const socketmap = lookup.socketmap ?? [parseSocketAddress(`unix:${socketFolder ?? stateFolder}/map.sock`)];
  const nexthopPrefix =
    delivery.nexthopPrefix ?? (endpointFolder === postfixFolder ? 'onionmx' : endpointFolder);
  return {
    ...settings,
    stateFolder,
    lookup: { ...lookup, socketmap },
    delivery: { ...delivery, endpointFolder, nexthopPrefix },
  };
}

function findStateFolder({ isRoot, variables, homeFolder }: Environment): string {
  if (isRoot) return '/var/lib/onionmx';
  return join(absoluteOrNothing(variables['XDG_STATE_HOME']) ?? join(homeFolder, '.local/state'), 'onionmx');
}

/**
 * undefined: in the state folder. A user's runtime folder is preferred, because socket paths must be short; but not when
 * the state folder was chosen: whoever runs two of us gives each a state folder, and expects the sockets in it.
 */
function findSocketFolder(
  settings: Settings,
  { isRoot, variables, canWrite }: Environment,
): string | undefined {
  if (canWrite(postfixFolder) || canWrite(postfixQueue)) return postfixFolder;
  if (isRoot || settings.stateFolder !== undefined) return undefined;
  const runtimeFolder = absoluteOrNothing(variables['XDG_RUNTIME_DIR']);
  return runtimeFolder === undefined ? undefined : join(runtimeFolder, 'onionmx');
}

/** XDG Base Directory Specification: relative paths are invalid and ignored. */
function absoluteOrNothing(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
