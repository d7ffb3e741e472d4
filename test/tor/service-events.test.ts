import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceEvent } from '../../src/tor/service-events.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const onionAddress = makeOnionAddress(1);
const label = onionAddress.slice(0, 56);
const path = '$A0B1~relay0,$A0B2~relay1,$A0B3~relay2';
const flags = 'BUILD_FLAGS=IS_INTERNAL,NEED_CAPACITY,NEED_UPTIME';

const rows: readonly (readonly [why: string, text: string, kind: 'client' | 'published' | undefined])[] = [
  [
    'a client has met us',
    `CIRC 49 BUILT ${path} ${flags} PURPOSE=HS_SERVICE_REND HS_STATE=HSSR_CONNECTING REND_QUERY=${label} TIME_CREATED=2026-11-25T07:00:00.1`,
    'client',
  ],
  [
    'it has not yet',
    `CIRC 49 EXTENDED ${path} ${flags} PURPOSE=HS_SERVICE_REND HS_STATE=HSSR_CONNECTING REND_QUERY=${label}`,
    undefined,
  ],
  [
    'it has gone',
    `CIRC 49 CLOSED ${path} ${flags} PURPOSE=HS_SERVICE_REND REND_QUERY=${label} REASON=DESTROYED`,
    undefined,
  ],
  ['an introduction point', `CIRC 7 BUILT ${path} PURPOSE=HS_SERVICE_INTRO REND_QUERY=${label}`, undefined],
  ['we are the client', `CIRC 8 BUILT ${path} PURPOSE=HS_CLIENT_REND REND_QUERY=${label}`, undefined],
  ['no address', `CIRC 8 BUILT ${path} PURPOSE=HS_SERVICE_REND`, undefined],
  ['published', `HS_DESC UPLOADED ${label} UNKNOWN $A0B1~relay0`, 'published'],
  ['about to be', `HS_DESC UPLOAD ${label} UNKNOWN $A0B1~relay0 xyz HSDIR_INDEX=0`, undefined],
  ['a bootstrap event', 'STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"', undefined],
  ['nothing', '', undefined],
];

for (const [why, text, kind] of rows) {
  test(`an event of tor: ${why}`, () => {
    assert.deepEqual(parseServiceEvent(text), kind === undefined ? undefined : { kind, onionAddress });
  });
}
