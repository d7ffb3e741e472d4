/** What the demo is asked to do, from its command line. */
export type Wish =
  | { readonly kind: 'run'; readonly keep: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly complaint: string };

export const usage = `usage: npm run demo [-- --keep]

Delivers one message over a real onion service of a private Tor network on this machine,
shows what happened, and takes everything down again. Nothing leaves the machine.

  --keep   leave it up to play with, until its shell is left or Ctrl-C
  --help   this text
`;

export function readArguments(args: readonly string[]): Wish {
  const unknown = args.find((arg) => arg !== '--keep' && arg !== '--help');
  if (unknown !== undefined)
    return { kind: 'wrong', complaint: `unknown argument ${JSON.stringify(unknown)}` };
  return args.includes('--help') ? { kind: 'help' } : { kind: 'run', keep: args.includes('--keep') };
}
