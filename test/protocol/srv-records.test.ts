import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { formatSrvRecords, type RecordForm } from '../../src/protocol/srv-records.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const domain = parseDomainName('example.org');
const [first, second] = [makeOnionAddress(1), makeOnionAddress(2)];
const exchangers = [
  { onionAddress: first, port: 25, priority: 0, weight: 5 },
  { onionAddress: second, port: 2525, priority: 10, weight: 5 },
];

describe('SRV records to publish', () => {
  const rows: readonly [form: RecordForm, text: string][] = [
    [
      'zone',
      `_onion-mx._tcp.example.org. 3600 IN SRV 0 5 25 ${first}.
_onion-mx._tcp.example.org. 3600 IN SRV 10 5 2525 ${second}.
`,
    ],
    [
      'bind',
      `nsupdate -l <<END
update add _onion-mx._tcp.example.org. 3600 SRV 0 5 25 ${first}.
update add _onion-mx._tcp.example.org. 3600 SRV 10 5 2525 ${second}.
send
END
`,
    ],
    [
      'nsd',
      `_onion-mx._tcp.example.org. 3600 IN SRV 0 5 25 ${first}.
_onion-mx._tcp.example.org. 3600 IN SRV 10 5 2525 ${second}.
; raise the serial of the zone, then: nsd-control reload example.org
`,
    ],
    [
      'powerdns',
      `pdnsutil add-record example.org _onion-mx._tcp SRV 3600 '0 5 25 ${first}.'
pdnsutil add-record example.org _onion-mx._tcp SRV 3600 '10 5 2525 ${second}.'
`,
    ],
    [
      'plain',
      `name _onion-mx._tcp.example.org   type SRV   TTL 3600   priority 0   weight 5   port 25   target ${first}
name _onion-mx._tcp.example.org   type SRV   TTL 3600   priority 10   weight 5   port 2525   target ${second}
`,
    ],
  ];
  for (const [form, text] of rows)
    test(form, () => assert.equal(formatSrvRecords(domain, exchangers, form), text));
});
