/** How the demo speaks: plain text; bold and dim where the terminal can and may. */
import process from 'node:process';
import { styleText } from 'node:util';

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function sayTitle(title: string): void {
  say(bold(title));
}

/** A part of the report: its title, one line that explains it, and what there is to see. */
export function showBlock(title: string, explanation: string, lines: readonly string[]): void {
  say(`\n${bold(title)}\n${dim(explanation)}`);
  for (const line of lines) say(line === '' ? '' : `  ${line}`);
}

export function linesOf(text: string): string[] {
  return text.trimEnd().split(/\r?\n/);
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

export function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout });
}
