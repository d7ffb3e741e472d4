/** Own domains from the words and files that name them; test/e2e/setup-postfix.test.ts has the tables of a real Postfix. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findOwnDomains } from '../../src/mail-host/own-domains.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

function find(settings: Readonly<Record<string, string>>) {
  return findOwnDomains(new Map(Object.entries(settings)), []);
}

describe('own domains', () => {
  test('names of all classes, each once, in lower case', async () => {
    const found = await find({
      mydestination: 'mx.example.org, Example.ORG localhost,',
      virtual_mailbox_domains: 'example.org hosted.test',
      virtual_alias_domains: 'alias.test',
      relay_domains: 'relayed.test',
    });
    assert.deepEqual(found, {
      exact: ['mx.example.org', 'example.org', 'localhost', 'hosted.test', 'alias.test', 'relayed.test'],
      withSubdomains: [],
      unlisted: [],
    });
  });

  test('with subdomains, where Postfix takes them along', async () => {
    const found = await find({
      relay_domains: 'relayed.test',
      mydestination: 'example.org',
      parent_domain_matches_subdomains: 'debug_peer_list,relay_domains',
    });
    assert.deepEqual([found.exact, found.withSubdomains], [['example.org'], ['relayed.test']]);
  });

  test('a file of names', async (t) => {
    const file = join(makeTemporaryFolder(t), 'domains');
    writeFileSync(file, '# ours\none.test\n\ntwo.test\n');
    assert.deepEqual((await find({ mydestination: file })).exact, ['one.test', 'two.test']);
  });

  test('what cannot be listed is named with its place', async () => {
    const found = await find({
      virtual_mailbox_domains: 'mysql:/etc/postfix/d.cf',
      relay_domains: '/nowhere/domains',
    });
    assert.deepEqual(found.unlisted, [
      'mysql:/etc/postfix/d.cf (virtual_mailbox_domains)',
      '/nowhere/domains (relay_domains)',
    ]);
  });

  test('patterns and exceptions are no names', async () => {
    assert.deepEqual((await find({ mydestination: '!not.test .dotted.test example.org' })).exact, [
      'example.org',
    ]);
  });
});
