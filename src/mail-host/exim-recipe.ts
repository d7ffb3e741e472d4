/**
 * What is written into Debian's Exim configuration: files of our own, and lines that take them in. The same files serve
 * both of Debian's layouts (dc_use_split_config); update-exim4.conf(8) puts the configuration together.
 */
import { OnionmxError } from '../errors.ts';
import { type EximReceivingPlaces, eximMailAcl, eximMainText, eximRcptAcl } from './exim-receiving.ts';
import { type EximSendingPlaces, eximRouters, eximTransport } from './exim-sending.ts';
import { eximTestAcl, eximTestRouter } from './exim-test-address.ts';

/** Where our files are. */
export const eximFolder = '/etc/exim4/onionmx';

/** There is one while there is a test address. */
export const eximTestRouterPath = `${eximFolder}/test-router`;

export interface EximFile {
  readonly path: string;
  readonly text: string;
}

export function eximSendingFiles(places: EximSendingPlaces): EximFile[] {
  for (const path of [places.mapSocket, places.endpointFolder]) assertPlain(path, /^[\w/.-]+$/);
  return [
    { path: `${eximFolder}/router`, text: eximRouters(places) },
    { path: `${eximFolder}/transport`, text: eximTransport(places) },
  ];
}

export function eximReceivingFiles(places: Omit<EximReceivingPlaces, 'folder'>): EximFile[] {
  if (places.header !== undefined) assertPlain(places.header, /^[A-Za-z][A-Za-z0-9-]{0,60}$/);
  const whole = { ...places, folder: eximFolder };
  const { testAddress } = places;
  return [
    { path: `${eximFolder}/main`, text: eximMainText(whole) },
    { path: `${eximFolder}/acl-mail`, text: eximMailAcl(whole) },
    { path: `${eximFolder}/acl-rcpt`, text: eximRcptAcl(whole) },
    ...(testAddress === undefined
      ? []
      : [
          { path: `${eximFolder}/acl-test`, text: eximTestAcl },
          { path: eximTestRouterPath, text: eximTestRouter(testAddress) },
        ]),
  ];
}

/** Stops a path or a name from becoming an expansion, or another line, of Exim's configuration. */
function assertPlain(text: string, pattern: RegExp): void {
  if (pattern.test(text)) return;
  const what = `${JSON.stringify(text)} has characters that mean something in Exim's configuration`;
  throw new OnionmxError('config-invalid', what, { hint: 'use letters, digits, hyphens, dots and slashes' });
}

type EximPart = 'main' | 'router' | 'transport' | 'test-router';

/** One line takes a file of ours in. */
export interface EximHook {
  /** The name of that file. */
  readonly part: EximPart;
  readonly line: string;
  /** Split: a file of our own holds the line. */
  readonly splitPath: string;
  /** Unsplit: the line goes into this file, below the line that `after` is; without `after`, at its end. */
  readonly unsplitPath: string;
  readonly after?: string;
}

/** The numbers put us where it matters: macros before their use, our routers before those that ask DNS. */
export const eximHooks: readonly EximHook[] = [
  hook('main', 'main/000_onionmx', '/etc/exim4/exim4.conf.localmacros'),
  hook('test-router', 'router/050_onionmx_test', '/etc/exim4/exim4.conf.template', 'begin routers'),
  hook('router', 'router/050_onionmx', '/etc/exim4/exim4.conf.template', 'begin routers'),
  hook('transport', 'transport/30_onionmx', '/etc/exim4/exim4.conf.template', 'begin transports'),
];

function hook(part: EximPart, splitName: string, unsplitPath: string, after?: string): EximHook {
  return {
    part,
    line: `.include ${eximFolder}/${part}`,
    splitPath: `/etc/exim4/conf.d/${splitName}`,
    unsplitPath,
    ...(after === undefined ? {} : { after }),
  };
}

/** The text of a file of Debian's with the line of a hook in it; as it was when it has it, or lacks the place for it. */
export function addEximHook(text: string, { line, after }: EximHook): string {
  const lines = text.split('\n');
  if (lines.includes(line)) return text;
  if (after === undefined) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
  const index = lines.indexOf(after);
  return index < 0 ? text : lines.toSpliced(index + 1, 0, line).join('\n');
}
