import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { createDomainPolicy } from '../../src/routing/domain-policy.ts';

const exceptions = [
  { domain: 'example.org', onFailure: 'defer' },
  { domain: '.example.org', onFailure: 'clearnet' },
  { domain: '.lists.example.org', onFailure: 'bounded' },
];
const policy = createDomainPolicy('bounded', exceptions, ({ onFailure }) => onFailure);

for (const [why, domain, expected] of [
  ['no exception', 'example.net', 'bounded'],
  ['the name itself', 'example.org', 'defer'],
  ['below', 'mx.example.org', 'clearnet'],
  ['the name of an ending is not below it', 'lists.example.org', 'clearnet'],
  ['the longest ending', 'a.lists.example.org', 'bounded'],
  ['not below: no dot', 'notexample.org', 'bounded'],
] as const) {
  test(`${why}: ${domain}`, () => {
    assert.equal(policy(parseDomainName(domain)), expected);
  });
}
