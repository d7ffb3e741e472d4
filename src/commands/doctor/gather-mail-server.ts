/** What doctor wants to know of a mail server that is not Postfix. */
import type { Config } from '../../config/schema.ts';
import type { EximFacts } from '../../doctor/judge-mail-server.ts';
import { type OnionmxError, toOnionmxError } from '../../errors.ts';
import { eximFolder } from '../../mail-host/exim-recipe.ts';
import { findMailServers } from '../../mail-host/find-mail-server.ts';
import { readExim } from '../../mail-host/read-exim.ts';
import { viewExim } from '../setup/view-exim.ts';

/** undefined: there is no Exim. */
export async function gatherExim(config: Config): Promise<EximFacts | OnionmxError | undefined> {
  if (!(await findMailServers(undefined)).includes('exim')) return undefined;
  try {
    const { version } = await readExim();
    const receiving = config.receiving.onionServices.length > 0;
    const { changes } = await (await viewExim()).plan({ sending: true, receiving }, config);
    const differing = changes.map(({ path }) => path);
    const asks = !changes.some(({ path, before }) => path === `${eximFolder}/router` && before === undefined);
    return { version, differing, asks };
  } catch (error) {
    return toOnionmxError(error);
  }
}
