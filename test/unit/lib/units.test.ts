import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatRate,
  formatRatio,
  parseDuration,
  parseRate,
  parseRatio,
  UNIT_PATTERNS,
} from '../../../src/lib/units.js';

const PARSERS = { duration: parseDuration, rate: parseRate, ratio: parseRatio };
type Unit = keyof typeof PARSERS;

describe('parse', () => {
  it.each<[Unit, string, number]>([
    ['duration', '150ms', 150],
    ['duration', '2s', 2000],
    ['duration', '1.5m', 90_000],
    ['duration', '1h', 3_600_000],
    ['duration', '0s', 0],
    ['duration', '0.5ms', 0.5],
    ['duration', '1.1s', 1100],
    ['rate', '20/s', 20],
    ['rate', '90/m', 1.5],
    ['rate', '0.5/s', 0.5],
    ['rate', '0/s', 0],
    ['ratio', '1%', 0.01],
    ['ratio', '0.01', 0.01],
    ['ratio', '99.9%', 0.999],
    ['ratio', '99.5%', 0.995],
    ['ratio', '150%', 1.5],
    ['ratio', '1', 1],
  ])('%s %s is %d', (unit, text, value) => {
    expect(PARSERS[unit](text)).toBe(value);
  });

  it.each<[Unit, string[]]>([
    ['duration', ['', 's', '10', '10 s', ' 10s', '10s ', '10s\n', '-1s', '+1s', '1e3s', '.5s', '1.s', '10sec', '1,5s']],
    ['duration', ['10S', 'NaNs', 'Infinitys', '0x10s', '１s', '1m30s', `${'9'.repeat(400)}s`]],
    ['rate', ['', '20', '20/', '/s', '20 per s', '20/h', '20/s/s', '-20/s', '20 /s', '1e3/s', 'NaN/s', 'constructor']],
    ['ratio', ['', '%', '1 %', '-1%', '1%%', '.5', '1e-2', 'NaN', 'Infinity', '1‰', '5%x']],
  ])('%s refuses %j', (unit, texts) => {
    for (const text of texts) expect([text, PARSERS[unit](text)]).toEqual([text, undefined]);
  });
});

describe('format', () => {
  it.each([
    [0, '0s'],
    [150, '150ms'],
    [1500, '1.5s'],
    [1234, '1234ms'],
    [32_000, '32s'],
    [90_000, '1.5m'],
    [3_600_000, '1h'],
    [3_661_000, '3661s'],
    [0.0000001, '0.0000001ms'],
  ])('%d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [20, '20/s'],
    [1.5, '1.5/s'],
    [1 / 3, '20/m'],
    [0, '0/s'],
  ])('%d calls/s as %s', (rate, text) => expect(formatRate(rate)).toBe(text));

  it.each([
    [0.995, '99.5%'],
    [0.07, '7%'],
    [1, '100%'],
  ])('ratio %d as %s', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

  it('is read back as the same number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (n) => {
        expect(parseDuration(formatDuration(n))).toBe(n);
        expect(parseRate(formatRate(n / 1000))).toBe(n / 1000);
      }),
    );
  });
});

it('the patterns for JSON Schema know the same language as the parsers', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9.]{0,3}(ms|s|m|h|%|\/s|\/m|\/h| )?$/), (text) => {
      for (const unit of ['duration', 'rate', 'ratio'] as const) {
        expect(new RegExp(`^(${UNIT_PATTERNS[unit]})$`).test(text)).toBe(PARSERS[unit](text) !== undefined);
      }
    }),
  );
});
