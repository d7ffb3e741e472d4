import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readParameter, setParameters } from '../../src/setup/edit-main-cf.ts';

const comment = 'onionmx';

describe('main.cf', () => {
  test('a new parameter goes to the end, below the comment', () => {
    assert.equal(
      setParameters('# mine\nbiff = no\n', [['transport_maps', 'hash:/t']], comment),
      '# mine\nbiff = no\n\n# onionmx\ntransport_maps = hash:/t\n',
    );
  });

  test('a last line without an end gets one', () => {
    assert.equal(setParameters('biff = no', [['x', '1']], comment), 'biff = no\n\n# onionmx\nx = 1\n');
  });

  test('a parameter is replaced where it stands, with its further lines, and comments between them stay', () => {
    const text = 'a = 1\nx = one\n# why two\n  two\n\n\tthree\nb = 2\n';
    assert.equal(setParameters(text, [['x', 'new']], comment), 'a = 1\nx = new\n# why two\n\nb = 2\n');
  });

  test('of two lines for one parameter the later one holds, so that is replaced', () => {
    assert.equal(setParameters('x = 1\nx = 2\n', [['x', '3']], comment), 'x = 1\nx = 3\n');
  });

  const same: readonly [text: string, why: string][] = [
    ['x = one, two\n', 'written so'],
    ['x=one,\n  two\n', 'over two lines, without blanks around ='],
    ['#x = 1\nx =one, two', 'no line end, and a comment that looks alike'],
  ];
  for (const [text, why] of same) {
    test(`what has the value already stays to the byte: ${why}`, () => {
      assert.equal(setParameters(text, [['x', 'one, two']], comment), text);
    });
  }

  test('a name that begins alike is another parameter', () => {
    assert.equal(readParameter('xy = 1\n x = 2\n', 'x'), undefined);
    assert.equal(readParameter('xy = 1\nx = $xy\n', 'x'), '$xy');
  });
});
