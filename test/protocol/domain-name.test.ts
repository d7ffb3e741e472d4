import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { isUnderOnion, parseDomainName } from '../../src/protocol/domain-name.ts';

const good: readonly [why: string, text: string, name: string][] = [
  ['as it is', 'example.org', 'example.org'],
  ['case is folded', 'EXAMPLE.Org', 'example.org'],
  ['the root is dropped', 'example.org.', 'example.org'],
  ['one label', 'localhost', 'localhost'],
  ['digits at the front of a label (RFC 1123 §2.1)', '3com.test', '3com.test'],
  ['digits anywhere but alone at the end', '1.2.3.4a', '1.2.3.4a'],
  ['A-labels stay', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['U-labels become A-labels', 'Bücher.example', 'xn--bcher-kva.example'],
  ['the sharp s is a letter of its own (IDNA 2008)', 'faß.de', 'xn--fa-hia.de'],
  ['the ideographic full stop is a dot', 'ex。org', 'ex.org'],
  ['63 characters in a label', `${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
  ['253 characters', `${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
];

for (const [why, text, name] of good) {
  test(`the domain name ${JSON.stringify(text).slice(0, 40)}: ${why}`, () => {
    assert.equal(parseDomainName(text), name);
  });
}

const bad: readonly [why: string, text: string, problem: string][] = [
  ['nothing', '', 'it is empty or cannot be written in A-labels'],
  ['only the root', '.', 'it is empty or cannot be written in A-labels'],
  ['two roots', 'a..', 'it has an empty label'],
  ['a dot at the front', '.example.org', 'it has an empty label'],
  ['two dots', 'example..org', 'it has an empty label'],
  ['an underscore', '_tcp.example.org', 'the label "_tcp" is not allowed'],
  ['a hyphen at the front', '-a.org', 'the label "-a" is not allowed'],
  ['a hyphen at the end', 'a-.org', 'the label "a-" is not allowed'],
  ['a blank', 'ex ample.org', 'the label "ex ample" is not allowed'],
  ['a NUL', 'a\0.org', 'the label "a\\u0000" is not allowed'],
  ['64 characters in a label', `${'a'.repeat(64)}.org`, `the label "${'a'.repeat(64)}" is not allowed`],
  ['254 characters', `${'a.'.repeat(126)}aa`, 'it has 254 characters (253 at most)'],
  ['an IPv4 address', '192.0.2.1', 'its last label is a number, as in an IP address'],
  ['an IPv4 address in wide digits', '１９２.0.2.1', 'its last label is a number, as in an IP address'],
  ['an IPv6 address', '2001:db8::1', 'the label "2001:db8::1" is not allowed'],
  ['an address literal', '[192.0.2.1]', 'the label "[192" is not allowed'],
  // domainToASCII takes all of these for the host of a URL, and would give another name
  ['a line break', 'exam\nple.org', 'the label "exam\\nple" is not allowed'],
  ['a line break beside a letter beyond ASCII', 'bü\ncher.org', 'the label "bü\\ncher" is not allowed'],
  ['a path', 'bücher.org/x', 'the label "bücher" is not allowed'],
  ['a query', 'ü?x', 'the label "ü?x" is not allowed'],
  ['a fragment', 'ü#x', 'the label "ü#x" is not allowed'],
  ['a backslash', 'ü.org\\x', 'the label "ü" is not allowed'],
  ['a dot in URL encoding', 'bücher%2eorg', 'the label "bücher%2eorg" is not allowed'],
  ['a sign that no domain may have', 'a\u{fffd}.org', 'it is empty or cannot be written in A-labels'],
];

for (const [why, text, problem] of bad) {
  test(`no domain name: ${why}`, () => {
    assert.throws(
      () => parseDomainName(text),
      (error) => {
        assert.ok(error instanceof OnionmxError);
        assert.equal(error.code, 'domain-invalid');
        assert.equal(error.message, `${JSON.stringify(text)} is no domain name: ${problem}`);
        return true;
      },
    );
  });
}

test('any text is a name of LDH labels, or refused with domain-invalid', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.webUrl()), (text) => {
      try {
        assert.match(parseDomainName(text), /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/);
      } catch (error) {
        assert.ok(error instanceof OnionmxError && error.code === 'domain-invalid', String(error));
      }
    }),
  );
});

test('a parsed name parses to itself, and ASCII text only ever changes in case', () => {
  fc.assert(
    fc.property(fc.domain(), (text) => {
      const name = parseDomainName(text);
      assert.equal(name, text.toLowerCase());
      assert.equal(parseDomainName(`${name}.`), name);
    }),
  );
});

test('names under .onion are known by their end', () => {
  for (const name of ['onion', 'a.onion', 'a.b.onion']) assert.equal(isUnderOnion(name), true, name);
  for (const name of ['onion.org', 'myonion', 'a.onion.org', ''])
    assert.equal(isUnderOnion(name), false, name);
});
