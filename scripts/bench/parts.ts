/** What the contestants are made of. What is started here is stopped with the bed. */
import { type ClientTor, startClientTor } from '../../test/e2e/bed/client-tor.ts';
import { type Postfix, startPostfix } from '../../test/e2e/bed/postfix.ts';
import type { PostfixOptions } from '../../test/e2e/bed/postfix-config.ts';
import type { Bed } from '../../test/e2e/bed/start-bed.ts';
import type { FarOnions } from './start-far-onions.ts';

export interface Parts {
  readonly bed: Bed;
  readonly onions: FarOnions;
  /** Where `node --cpu-prof` of onionmx goes. */
  readonly profileFolder: string | undefined;
  readonly startTor: (name: string, socksPort: number) => Promise<ClientTor>;
  readonly startPostfix: (options: PostfixOptions) => Promise<Postfix>;
}

export function prepareParts(bed: Bed, onions: FarOnions, profileFolder: string | undefined): Parts {
  return {
    bed,
    onions,
    profileFolder,
    startTor: async (name, socksPort) => {
      const extraLines = [`SocksPort 127.0.0.1:${socksPort}`];
      const tor = await startClientTor(bed.network(), { name, extraLines });
      bed.onStop(`the Tor of ${name}`, tor.stop);
      return tor;
    },
    startPostfix: async (options) => {
      const postfix = await startPostfix(bed.folder, options);
      bed.onStop(`Postfix ${options.name}`, postfix.stop);
      return postfix;
    },
  };
}
