import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../../src/config/parse-config.ts';
import { printConfig, toPlainConfig } from '../../src/config/print-config.ts';
import { settingsSchema } from '../../src/config/schema.ts';
import { fieldsOf } from '../../src/config/schema-tree.ts';
import { rootEnvironment } from './made-up-environment.ts';

function parse(text: string) {
  return parseConfig(text, 'c.yaml', rootEnvironment);
}

test('the printed defaults are the defaults', () => {
  assert.deepEqual(parse(printConfig(parse(''))), parse(''));
});

test('the printed configuration names every setting, with its help, in the order of the schema', () => {
  const lines = printConfig(parse('')).split('\n');
  let from = 0;
  for (const [name, field] of listSettings(settingsSchema)) {
    const at = lines.findIndex((line, index) => index >= from && line.trim().startsWith(`${name}:`));
    assert.ok(at > 0, `${name} is printed`);
    const help = z.globalRegistry.get(field)?.description;
    assert.ok(help !== undefined, `${name} has a help text`);
    const above = lines.slice(0, at).map((line) => line.trim().replace(/^# /, ''));
    assert.deepEqual(above.slice(-help.split('\n').length), help.split('\n'));
    from = at;
  }
});

function listSettings(schema: z.core.$ZodType): [string, z.core.$ZodType][] {
  return Object.entries(fieldsOf(schema)).flatMap(([name, field]) => [[name, field], ...listSettings(field)]);
}

test('a number that YAML would read otherwise is printed in quotes', () => {
  assert.match(printConfig(parse('')), /^ {2}mode: "0660"$/m);
});

test('the first lines say what this is', () => {
  assert.match(printConfig(parse('')), /^# onionmx: .*\n\n# Where .*\n# Default: .*\nstateFolder: /);
});

const onLine = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
const localAddress = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }).map((port) => `127.0.0.1:${port}`),
  fc.stringMatching(/^[\x20-\x7e]{1,60}$/).map((name) => `unix:/${name}`),
);
const exceptionDomain = fc.oneof(
  fc.domain(),
  fc.domain().map((name) => `.${name}`),
);
const evidence = fc.constantFrom('pinned', 'proved', 'dnssec', 'certificate', 'remembered', 'dns');
const onionService = fc.record(
  {
    name: fc.stringMatching(/^[a-z0-9]{1,8}$/),
    port: fc.integer({ min: 1, max: 65_535 }),
    target: localAddress,
    proofOfWork: fc.boolean(),
    introductionsPerSecond: fc.integer({ min: 1, max: 250 }),
    authorisedClients: fc.array(
      fc.stringMatching(/^[A-Z2-7]{51}Q$/).map((digits) => `descriptor:x25519:${digits}`),
    ),
  },
  { requiredKeys: ['name'] },
);
const settings = fc.record(
  {
    domains: fc.record({ own: fc.array(fc.domain()) }),
    map: fc.array(onLine.map((name) => `/${name}`)),
    dns: fc.record({
      trustAd: fc.constantFrom('loopback', 'always', 'never'),
      deferMs: fc.nat(432_000_000),
      onFailureFor: fc.uniqueArray(
        fc.record({
          domain: exceptionDomain,
          onFailure: fc.constantFrom('bounded', 'defer', 'clearnet'),
        }),
        { selector: ({ domain }) => domain },
      ),
    }),
    memory: fc.record({ keepDays: fc.nat(3650) }),
    trust: fc.record({
      enough: evidence,
      enoughFor: fc.uniqueArray(fc.record({ domain: exceptionDomain, enough: evidence }), {
        selector: ({ domain }) => domain,
      }),
    }),
    lookup: fc.record({
      socketmap: fc.array(localAddress),
      tcpTable: fc.array(localAddress, { minLength: 1 }),
    }),
    delivery: fc.record({ routingEndpoint: fc.option(localAddress) }),
    outage: fc.record({
      clearNetAfterMs: fc.oneof(fc.constant('never'), fc.integer({ min: 1, max: 432_000_000 })),
      clearNetAfterMsFor: fc.constantFrom([], [{ domain: '.example.org', clearNetAfterMs: 'never' }]),
    }),
    sockets: fc.record({ mode: fc.stringMatching(/^0?[0-7]{3}$/) }),
    tor: fc.record({ extraTorrc: fc.array(onLine), socks: localAddress }),
    receiving: fc.record({ onionServices: fc.uniqueArray(onionService, { selector: ({ name }) => name }) }),
  },
  { requiredKeys: [] },
);

test('whatever is configured, printing and loading it gives the same values', () => {
  fc.assert(
    fc.property(settings, (written) => {
      const config = parse(JSON.stringify(written));
      assert.deepEqual(parse(printConfig(config)), config);
      assert.deepEqual(parseDocument(printConfig(config)).toJS(), toPlainConfig(config));
    }),
  );
});
