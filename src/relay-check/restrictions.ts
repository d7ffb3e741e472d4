/** The words of a smtpd restriction list, each with its argument (postconf(5)). */
import { splitPostfixWords } from '../mail-host/postfix-words.ts';

export interface Restriction {
  /** In lower case: Postfix folds it too. */
  readonly word: string;
  /** As written, with its argument. */
  readonly text: string;
  /** `warn_if_reject` stands before it: it refuses nothing. */
  readonly isWarningOnly: boolean;
}

/** The lists of restrictions, in the order in which smtpd goes through them. */
export const restrictionLists = [
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
  'smtpd_relay_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_data_restrictions',
  'smtpd_end_of_data_restrictions',
] as const;

const takesArgument =
  /^(?:check_\w+(?:_access|_service|_maps)|reject_rbl_client|reject_rhsbl_\w+|permit_dnswl_client|permit_rhswl_client|sleep)$/;

export function parseRestrictions(text: string): readonly Restriction[] {
  const words = splitPostfixWords(text, 'blanks and commas');
  const restrictions: Restriction[] = [];
  for (let place = 0, isWarningOnly = false; place < words.length; place += 1) {
    const written = words[place] ?? '';
    const word = written.toLowerCase();
    if (word === 'warn_if_reject') {
      isWarningOnly = true;
      continue;
    }
    const argument = takesArgument.test(word) ? words[(place += 1)] : undefined;
    restrictions.push({
      word,
      text: argument === undefined ? written : `${written} ${argument}`,
      isWarningOnly,
    });
    isWarningOnly = false;
  }
  return restrictions;
}
