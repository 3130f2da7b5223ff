import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatMargin,
  formatMos,
  formatMs,
  formatR,
  formatRatio,
  formatUtc,
  formatValue,
} from '../../../src/report/number-format.js';

describe('numbers', () => {
  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.00012, '0.012 %'],
    [0.013, '1.3 %'],
    [0.995, '99.5 %'],
    [0.9997, '99.97 %'],
    [0.99999, '99.999 %'],
    [0.12, '12 %'],
    [0.5, '50 %'],
    [0.1, '10 %'],
    [1e-12, '<0.000001 %'],
    [-0.015, '−1.5 %'],
    [1 - 1e-12, '>99.999999 %'],
  ])('ratio %s is written %s', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

  test.each([
    [0, '0 ms'],
    [0.0834, '0.0834 ms'],
    [1.239, '1.24 ms'],
    [42.04, '42 ms'],
    [999.4, '999 ms'],
    [1240.2, '1,240 ms'],
    [12_345, '12.3 s'],
    [0.0001, '<0.001 ms'],
  ])('%s ms is written %s', (ms, text) => expect(formatMs(ms)).toBe(text));

  test('MOS has two decimals, R one, counts have thousands separators', () => {
    expect([formatMos(4.409), formatR(93.21), formatCount(1_234_567)]).toEqual(['4.41', '93.2', '1,234,567']);
    expect([formatValue(3, 'calls/s'), formatValue(1, 'count'), formatValue(0.99, 'ratio')]).toEqual([
      '3 calls/s',
      '1',
      '99 %',
    ]);
    expect([formatMargin(0.5, 'MOS'), formatMargin(-0.5, 'MOS'), formatMargin(0, 'count')]).toEqual([
      '+0.50',
      '−0.50',
      '0',
    ]);
  });

  test('times and sizes', () => {
    expect([800, 45_000, 125_000, 3_600_000].map(formatDuration)).toEqual([
      '0.8 s',
      '45 s',
      '2 min 05 s',
      '1 h 00 min 00 s',
    ]);
    expect([0, 61, 3661].map(formatClock)).toEqual(['0:00', '1:01', '1:01:01']);
    expect(formatUtc('2026-11-20T14:03:22.512Z')).toBe('2026-11-20 14:03:22 UTC');
    expect([512, 262_144, 8 * 1024 ** 3].map(formatBytes)).toEqual(['512 bytes', '256 KiB', '8 GiB']);
  });
});
