/** Each bad `trust` section with its exact complaints. */
import { testBadConfigs } from './bad-config.ts';

testBadConfigs([
  {
    why: 'evidence that is none, or cannot be asked for',
    text: 'trust:\n  enough: address\n  enoughFor:\n    - {domain: a.test, enough: DNSSEC}\n    - {domain: b.test}\n    - {enough: dns}\n',
    complaints: [
      '2:11: trust.enough: must be pinned, proved, dnssec, certificate, remembered or dns, not the text "address"',
      '4:32: trust.enoughFor[0].enough: must be pinned, proved, dnssec, certificate, remembered or dns, not the text "DNSSEC"',
      '5:7: trust.enoughFor[1].enough: must be pinned, proved, dnssec, certificate, remembered or dns, not nothing',
      '6:7: trust.enoughFor[2].domain: this key is missing',
    ],
  },
  {
    why: 'two words on what is enough for a domain',
    text: 'trust:\n  enoughFor:\n    - {domain: a.test, enough: dns}\n    - {domain: A.test, enough: pinned}\n',
    complaints: ['4:16: trust.enoughFor[1].domain: a.test stands here a second time'],
  },
]);
