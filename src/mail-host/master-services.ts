/** The services of master.cf (master(5)), as the file has them or as `postconf -M` prints them. */
import { type LogicalLine, logicalLines } from './logical-lines.ts';
import { readOverrides } from './postfix-parameters.ts';
import { splitPostfixWords } from './postfix-words.ts';

export interface MasterService {
  readonly name: string;
  /** `inet`, `unix`, `pass`, … */
  readonly type: string;
  /** `y`, `n`, or `-` for the default. */
  readonly chroot: string;
  readonly command: string;
  /** Its `-o name=value`. */
  readonly overrides: ReadonlyMap<string, string>;
}

export interface PlacedService extends MasterService {
  readonly line: LogicalLine;
}

export function parseMasterServices(text: string): readonly PlacedService[] {
  return logicalLines(text.split('\n')).map((line) => {
    const words = splitPostfixWords(line.text, 'blanks');
    const [name = '', type = '', , , chroot = '-', , , command = '', ...args] = words;
    return { name, type, chroot, command, overrides: readOverrides(args), line };
  });
}
