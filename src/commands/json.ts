/** What the commands print with `--json`. */
import type { OnionmxError } from '../errors.ts';

export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function errorToJson(error: OnionmxError | undefined) {
  return error === undefined ? null : { code: error.code, message: error.message, hint: error.hint ?? null };
}
