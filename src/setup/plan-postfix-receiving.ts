/** What Postfix needs to receive over an onion service: docs/receiving.md has the same by hand. */
import { parseMasterServices } from '../mail-host/master-services.ts';
import {
  onionHeaderGuard,
  onionListenerAddress,
  onionListenerOptions,
  onionListenerService,
} from '../mail-host/onion-listener.ts';
import { readParameter, setParameters } from './edit-main-cf.ts';
import { setService } from './edit-master-cf.ts';

/** What a guard of any header's name looks like, with the comma behind it. */
const anyGuard = /^regexp:\{\{\/\^[A-Za-z0-9-]+:\/ IGNORE\}\}(?:,\s*)?/;

export function editReceivingMainCf(text: string, header: string): string {
  const guard = onionHeaderGuard(header, readHeaderChecks(text));
  return setParameters(text, guard.mainCf, 'onionmx: only mail that came over the onion has its header');
}

export const receivingMainCfReasons = (header: string) => [
  `header_checks: takes ${header} out of all mail that did not come over the onion, so that nobody forges it.`,
];

/** mainCf: as it was before. With `rewrite2` there, the listener asks that one as every smtpd does. */
export function editReceivingMasterCf(text: string, mainCf: string, header: string): string {
  const services = parseMasterServices(text);
  const chroot = services.find(({ command }) => command === 'smtpd')?.chroot ?? '-';
  const hasRewrite = services.some(({ name }) => name === 'rewrite2');
  const guard = onionHeaderGuard(header, readHeaderChecks(mainCf));
  const listening = setService(
    text,
    withChroot(onionListenerService, chroot),
    [...onionListenerOptions({ header }), ...(hasRewrite ? ['rewrite_service_name=rewrite2'] : [])],
    'onionmx: mail that comes over the onion service, and nothing else',
  );
  return setService(
    listening,
    withChroot(guard.service, chroot),
    guard.options,
    'onionmx: lets the header of onion mail through',
  );
}

export const receivingMasterCfReasons = [
  `${onionListenerAddress}: a listener for onion mail alone. It reads from Tor that its clients are strangers, and relays for nobody, whatever mynetworks says.`,
  'onion-cleanup: the cleanup of that listener, which leaves its header in.',
];

function readHeaderChecks(mainCf: string) {
  return {
    headerChecks: (readParameter(mainCf, 'header_checks') ?? '').replace(anyGuard, ''),
    nestedHeaderChecks: readParameter(mainCf, 'nested_header_checks'),
    mimeHeaderChecks: readParameter(mainCf, 'mime_header_checks'),
  };
}

function withChroot(service: string, chroot: string): string {
  return service.replace(' y ', ` ${chroot} `);
}
