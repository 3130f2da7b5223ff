/**
 * The test data of the ITU-T software tools, whole. They are the ITU's and not part of this project: CALLGAUGE_ITU_VECTORS names a
 * folder with `g711/` (sweep.src and the codes and samples made of it) and `g722/` (inpsp.bin, codspw.cod, outsp1.bin).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../../src/media/codec/g711.js';
import { decodeG722, encodeG722 } from '../../src/media/codec/g722.js';

const FOLDER = process.env['CALLGAUGE_ITU_VECTORS'] ?? '';
const has = (...path: string[]): boolean => FOLDER !== '' && existsSync(join(FOLDER, ...path));

const HAS_G711 = has('g711', 'sweep.src');
const HAS_G722 = has('g722', 'inpsp.bin');
/** Ends the title of tests that skip: it says why. */
const why = (isThere: boolean, room: string): string =>
  isThere ? '' : ` (skipped: no ${room}/ in the folder that CALLGAUGE_ITU_VECTORS names)`;

/** 16-bit little-endian words, as the files are in git. */
function words(...path: string[]): Int16Array {
  const bytes = readFileSync(join(FOLDER, ...path));
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i));
}

/** Codes stand right-justified in words. */
const codes = (...path: string[]): Uint8Array => Uint8Array.from(words(...path), (word) => word & 0xff);

/** Where two arrays differ first; comparing 10^5 numbers one by one in the test runner takes long. */
function firstDifference(found: ArrayLike<number>, expected: ArrayLike<number>): string | null {
  if (found.length !== expected.length) return `${found.length} values instead of ${expected.length}`;
  for (let i = 0; i < found.length; i++) {
    if (found[i] !== expected[i]) return `${found[i]} instead of ${expected[i]} at ${i}`;
  }
  return null;
}

describe.runIf(HAS_G711)(`G.711, the sweep over all samples${why(HAS_G711, 'g711')}`, () => {
  it.each([
    { law: 'A-law', codeFile: 'sweep-r.a', sampleFile: 'sweep-r.a-a', encode: encodeAlaw, decode: decodeAlaw },
    { law: 'µ-law', codeFile: 'sweep-r.u', sampleFile: 'sweep-r.u-u', encode: encodeUlaw, decode: decodeUlaw },
  ])('$law', ({ codeFile, sampleFile, encode, decode }) => {
    const samples = words('g711', 'sweep.src');
    const expected = codes('g711', codeFile);
    expect(samples.length).toBe(65_536);
    expect(firstDifference(encode(samples), expected)).toBeNull();
    expect(firstDifference(decode(expected), words('g711', sampleFile))).toBeNull();
  });
});

describe.runIf(HAS_G722)(`G.722 mode 1, six seconds of speech${why(HAS_G722, 'g722')}`, () => {
  it('encodes bit for bit', () => {
    expect(codes('g722', 'codspw.cod').length).toBe(48_768);
    expect(firstDifference(encodeG722(words('g722', 'inpsp.bin')), codes('g722', 'codspw.cod'))).toBeNull();
  });

  it('decodes bit for bit', () => {
    expect(firstDifference(decodeG722(codes('g722', 'codspw.cod')), words('g722', 'outsp1.bin'))).toBeNull();
  });
});
