/** Adds to the text of a master.cf (master(5)); everything else stays as it is, to the byte. */
import { endLine } from './end-line.ts';
import { type MasterService, parseMasterServices } from '../mail-host/master-services.ts';
import { splitPostfixWords } from '../mail-host/postfix-words.ts';

/** A service of that name and type that differs is replaced where it stands; a new one goes to the end. */
export function setService(
  text: string,
  firstLine: string,
  options: readonly string[],
  comment: string,
): string {
  const wanted = [firstLine, ...options.map((option) => `    -o ${option}`)];
  const words = splitPostfixWords(wanted.join(' '), 'blanks');
  const found = parseMasterServices(text).find(({ name, type }) => name === words[0] && type === words[1]);
  if (found === undefined) return `${endLine(text)}# ${comment}\n${wanted.join('\n')}\n`;
  if (splitPostfixWords(found.line.text, 'blanks').join(' ') === words.join(' ')) return text;
  const [first, ...continued] = found.line.lineNumbers;
  return text
    .split('\n')
    .flatMap((line, index) => (index === first ? wanted : continued.includes(index) ? [] : [line]))
    .join('\n');
}

/** Adds `-o option` as the last argument of a service. Its name and type must be there. */
export function addOption(text: string, { name, type }: MasterService, option: string): string {
  const found = parseMasterServices(text).find((service) => service.name === name && service.type === type);
  const last = found?.line.lineNumbers.at(-1);
  return last === undefined
    ? text
    : text
        .split('\n')
        .toSpliced(last + 1, 0, `    -o ${option}`)
        .join('\n');
}
