/** The parameters of main.cf as `postconf -x` prints them, and the `-o name=value` arguments of master.cf. */

/** `name = value`, one a line; of two lines for one name the later holds, as in main.cf. */
export function parsePostfixParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*(\w+)\s*=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) parameters.set(name, value.trim());
  }
  return parameters;
}

/** Takes `-o name=value`, `-oname=value` and `-o { name = value with blanks }`; of two the later holds. */
export function readOverrides(commandArguments: readonly string[]): ReadonlyMap<string, string> {
  const overrides = new Map<string, string>();
  for (const [index, argument] of commandArguments.entries()) {
    if (!argument.startsWith('-o')) continue;
    const setting = argument === '-o' ? commandArguments[index + 1] : argument.slice('-o'.length);
    const [, name, value] = /^\s*(\w+)\s*=(.*)$/s.exec(stripBraces(setting ?? '')) ?? [];
    if (name !== undefined && value !== undefined) overrides.set(name, value.trim());
  }
  return overrides;
}

function stripBraces(text: string): string {
  return text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
}
