/** Environments for tests: nothing depends on who runs them. */
import type { Environment } from '../../src/config/environment.ts';

export const rootEnvironment: Environment = {
  isRoot: true,
  homeFolder: '/root',
  variables: {},
  canWrite: () => false,
};

export function makeEnvironment(change: Partial<Environment>): Environment {
  return { ...rootEnvironment, ...change };
}
