/** Asks Postfix's own program what its configuration says (postconf(1)). */
import { OnionmxError, messageOf } from '../errors.ts';
import { runProgram } from './run-program.ts';

/** folder: undefined for Postfix's own default. Throws `postfix-unreadable`. */
export async function askPostconf(folder: string | undefined, question: string): Promise<string> {
  const args = [...(folder === undefined ? [] : ['-c', folder]), question];
  try {
    return await runProgram('postconf', args);
  } catch (cause) {
    throw postfixUnreadable(cause);
  }
}

export function postfixUnreadable(cause: unknown): OnionmxError {
  const why = messageOf(cause).trim();
  return new OnionmxError('postfix-unreadable', `cannot ask Postfix for its configuration: ${why}`, {
    hint: 'see `postfix check`; of mail servers other than Postfix and Exim name what is to be tried, such as your onion address',
    cause,
  });
}
