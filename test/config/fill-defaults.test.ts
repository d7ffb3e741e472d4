/** The defaults that depend on the host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '../../src/config/environment.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { formatSocketAddress } from '../../src/protocol/socket-address.ts';
import { makeEnvironment } from './made-up-environment.ts';

const spool = '/var/spool/postfix';
const root = makeEnvironment({});
const rootWithPostfix = makeEnvironment({ canWrite: (path) => path === spool });
const serviceUser = makeEnvironment({
  isRoot: false,
  homeFolder: '/nonexistent',
  canWrite: (path) => path === `${spool}/onionmx`,
});
const user = makeEnvironment({
  isRoot: false,
  homeFolder: '/home/al',
  variables: { XDG_RUNTIME_DIR: '/run/user/1000' },
});
const rows: readonly {
  readonly why: string;
  readonly environment: Environment;
  readonly text?: string;
  readonly stateFolder: string;
  readonly socketmap: string;
  readonly endpointFolder: string;
  readonly nexthopPrefix: string;
}[] = [
  {
    why: 'root without Postfix has everything in the state folder',
    environment: root,
    stateFolder: '/var/lib/onionmx',
    socketmap: 'unix:/var/lib/onionmx/map.sock',
    endpointFolder: '/var/lib/onionmx/endpoints',
    nexthopPrefix: '/var/lib/onionmx/endpoints',
  },
  {
    why: 'with Postfix the sockets are in its queue directory, where its chroot sees them',
    environment: rootWithPostfix,
    stateFolder: '/var/lib/onionmx',
    socketmap: `unix:${spool}/onionmx/map.sock`,
    endpointFolder: `${spool}/onionmx`,
    nexthopPrefix: 'onionmx',
  },
  {
    why: 'a service user who was given the folder uses it',
    environment: serviceUser,
    stateFolder: '/nonexistent/.local/state/onionmx',
    socketmap: `unix:${spool}/onionmx/map.sock`,
    endpointFolder: `${spool}/onionmx`,
    nexthopPrefix: 'onionmx',
  },
  {
    why: 'a user has the state at home and the sockets in the runtime folder, whose name is short',
    environment: user,
    stateFolder: '/home/al/.local/state/onionmx',
    socketmap: 'unix:/run/user/1000/onionmx/map.sock',
    endpointFolder: '/run/user/1000/onionmx',
    nexthopPrefix: '/run/user/1000/onionmx',
  },
  {
    why: 'XDG_STATE_HOME is followed',
    environment: { ...user, variables: { ...user.variables, XDG_STATE_HOME: '/s' } },
    stateFolder: '/s/onionmx',
    socketmap: 'unix:/run/user/1000/onionmx/map.sock',
    endpointFolder: '/run/user/1000/onionmx',
    nexthopPrefix: '/run/user/1000/onionmx',
  },
  {
    why: 'relative XDG folders are ignored, as their specification says',
    environment: { ...user, homeFolder: '/h', variables: { XDG_STATE_HOME: 's', XDG_RUNTIME_DIR: '' } },
    text: 'delivery: {endpointFolder: /e}',
    stateFolder: '/h/.local/state/onionmx',
    socketmap: 'unix:/h/.local/state/onionmx/map.sock',
    endpointFolder: '/e',
    nexthopPrefix: '/e',
  },
  {
    why: 'a state folder that was chosen holds the sockets too: two instances must not meet',
    environment: user,
    text: 'stateFolder: /tmp/one',
    stateFolder: '/tmp/one',
    socketmap: 'unix:/tmp/one/map.sock',
    endpointFolder: '/tmp/one/endpoints',
    nexthopPrefix: '/tmp/one/endpoints',
  },
  {
    why: 'what is said is taken, and the path that the MTA sees follows it',
    environment: rootWithPostfix,
    text: 'delivery: {endpointFolder: /q/onionmx}\nlookup: {socketmap: [], tcpTable: ["127.0.0.1:2526"]}',
    stateFolder: '/var/lib/onionmx',
    socketmap: '',
    endpointFolder: '/q/onionmx',
    nexthopPrefix: '/q/onionmx',
  },
];

for (const { why, environment, text = '', ...expected } of rows) {
  test(`defaults: ${why}`, () => {
    const { stateFolder, lookup, delivery } = parseConfig(text, 'c.yaml', environment);
    const { endpointFolder, nexthopPrefix } = delivery;
    const socketmap = lookup.socketmap.map(formatSocketAddress).join(' ');
    assert.deepEqual({ stateFolder, socketmap, endpointFolder, nexthopPrefix }, expected);
  });
}
