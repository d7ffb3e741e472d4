import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostnameFile } from '../../src/protocol/hostname-file.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

test('the address that tor wrote; nothing before it has finished', () => {
  const address = makeOnionAddress(1);
  assert.equal(parseHostnameFile(`${address}\n`), address);
  assert.equal(parseHostnameFile(address), undefined);
  assert.equal(parseHostnameFile(''), undefined);
  assert.throws(() => parseHostnameFile('mail.example.org\n'), { code: 'address-not-onion' });
});
