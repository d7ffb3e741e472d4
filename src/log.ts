/** The log: one JSON line an event on standard error, fields first. A healthy day shows no `warn`. */
import { pino } from 'pino';
import type { OnionmxError } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
type LogFields = Readonly<Record<string, unknown>>;

/** What every part may do with the log. Addresses of people only at debug; message content never. */
export interface Log {
  debug(fields: LogFields, event: string): void;
  info(fields: LogFields, event: string): void;
  warn(fields: LogFields, event: string): void;
  error(fields: LogFields, event: string): void;
}

/** Writes synchronously, so that the last line before a crash is there. */
export function createLog(level: LogLevel): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(
    { ...options, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** The fields that an error contributes to a log line. */
export function errorFields(error: OnionmxError): LogFields {
  const { code, place, message, hint } = error;
  return { code, place, reason: message, ...(hint === undefined ? {} : { hint }) };
}
