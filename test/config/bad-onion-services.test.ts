/** Each bad configuration of an onion service with its exact complaints. */
import { makeOnionAddress } from '../made-up-onions.ts';
import { type BadConfig, testBadConfigs } from './bad-config.ts';

const key = `descriptor:x25519:${'B'.repeat(51)}A`;
const serviceKeys =
  'name, port, target, proofOfWork, introductionsPerSecond, introductionBurst, streamsPerCircuit, authorisedClients, onionbalance';

const badServices: readonly BadConfig[] = [
  {
    why: 'a key of an onion service that is none',
    text: 'receiving:\n  onionServices:\n    - name: mail\n      ports: 25\n      folder: /a\n',
    complaints: [
      '4:7: unknown key receiving.onionServices[0].ports: did you mean port?',
      `5:7: unknown key receiving.onionServices[0].folder: known here: ${serviceKeys}`,
    ],
  },
  {
    why: 'a service without a name has no folder',
    text: 'receiving: {onionServices: [{port: 25}]}\n',
    complaints: ['1:29: receiving.onionServices[0].name: this key is missing'],
  },
  {
    why: 'a name that leads out of the folder',
    text: 'receiving: {onionServices: [{name: "../x"}, {name: Mail}]}\n',
    complaints: [
      '1:36: receiving.onionServices[0].name: must have a-z, 0-9 and - within, 32 characters at most: it names a folder, not "../x"',
      '1:52: receiving.onionServices[1].name: must have a-z, 0-9 and - within, 32 characters at most: it names a folder, not "Mail"',
    ],
  },
  {
    why: 'two services in one folder would be one',
    text: 'receiving:\n  onionServices:\n    - name: mail\n    - name: next\n    - name: mail\n',
    complaints: ['5:13: receiving.onionServices[2].name: "mail" is the name of service 1 already'],
  },
  {
    why: 'an onion service must not lead to another host',
    text: 'receiving: {onionServices: [{name: a, target: "192.0.2.1:25"}]}\n',
    complaints: [
      '1:47: receiving.onionServices[0].target: "192.0.2.1:25" is not on this host: use 127.0.0.1, [::1] or unix:/path',
    ],
  },
  {
    why: 'values that tor would not take',
    text: 'receiving:\n  onionServices:\n    - name: a\n      port: 0\n      proofOfWork: "on"\n      streamsPerCircuit: 65536\n      introductionsPerSecond: 0\n',
    complaints: [
      '4:13: receiving.onionServices[0].port: must be at least 1, not the number 0',
      '5:20: receiving.onionServices[0].proofOfWork: must be true or false, not the text "on"',
      '6:26: receiving.onionServices[0].streamsPerCircuit: must be at most 65535, not the number 65536',
      '7:31: receiving.onionServices[0].introductionsPerSecond: must be at least 1, not the number 0',
    ],
  },
  {
    why: 'a burst that is smaller than what comes all the time',
    text: 'receiving: {onionServices: [{name: a, introductionsPerSecond: 9, introductionBurst: 8}]}\n',
    complaints: [
      '1:85: receiving.onionServices[0].introductionBurst: must be at least introductionsPerSecond (9), not 8',
    ],
  },
  {
    why: 'a closed group with a broken key would be open to everybody',
    text: `receiving: {onionServices: [{name: a, authorisedClients: ["${key}", "${key.slice(1)}"]}]}\n`,
    complaints: [
      `1:133: receiving.onionServices[0].authorisedClients[1]: "${key.slice(1)}" is no public key of a client`,
    ],
  },
  {
    why: 'an address of Onionbalance that is none',
    text: 'receiving: {onionServices: [{name: a, onionbalance: mx.example.org}]}\n',
    complaints: ['1:53: receiving.onionServices[0].onionbalance: "mx.example.org" is not under .onion'],
  },
  {
    why: 'Onionbalance has no key of a closed group',
    text: `receiving: {onionServices: [{name: a, authorisedClients: ["${key}"], onionbalance: ${makeOnionAddress(1)}}]}\n`,
    complaints: [
      '1:148: receiving.onionServices[0].onionbalance: cannot be together with authorisedClients: Onionbalance could not read the descriptor',
    ],
  },
  {
    why: 'a Tor that is not ours does not make our onion services',
    text: 'tor: {use: running}\nreceiving:\n  onionServices:\n    - name: mail\n',
    complaints: [
      '4:5: receiving.onionServices: only with tor.use managed: a Tor that runs already has its onion services in its own torrc; docs/receiving.md has the lines',
    ],
  },
  {
    why: 'a header name that would be two lines',
    text: 'receiving:\n  header: "X: y"\n',
    complaints: ['2:11: receiving.header: must be the name of a header: letters, digits and -, not "X: y"'],
  },
  {
    why: 'a test address with a pattern in it',
    text: 'receiving:\n  testAddress: "a+b@example.org"\n',
    complaints: ['2:16: receiving.testAddress: "a+b@example.org" is no plain mail address'],
  },
];

testBadConfigs(badServices);
