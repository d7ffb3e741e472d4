/** Exit codes as sysexits.h names them, so that scripts and monitoring can tell why a command failed. */
import type { OnionmxError } from '../errors.ts';

export const exitCode = {
  ok: 0,
  different: 1, // as diff(1)
  usage: 64, // EX_USAGE
  dataError: 65, // EX_DATAERR
  noHost: 68, // EX_NOHOST
  unavailable: 69, // EX_UNAVAILABLE
  software: 70, // EX_SOFTWARE
  osError: 71, // EX_OSERR
  temporary: 75, // EX_TEMPFAIL
  noPermission: 77, // EX_NOPERM
  config: 78, // EX_CONFIG
} as const;

export function exitCodeFor(error: OnionmxError): number {
  switch (error.place) {
    case 'config':
      return exitCode.config;
    case 'sender':
      return exitCode.dataError;
    case 'bug':
      return exitCode.software;
    case 'host':
      return exitCode.osError;
    case 'tor':
      return exitCode.unavailable;
    case 'remote':
      return error.permanent ? exitCode.noHost : exitCode.temporary;
  }
}
