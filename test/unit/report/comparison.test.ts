import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { baselineLines, renderComparison } from '../../../src/report/compare-text.js';
import { comparisonJsonSchema, serializeComparison } from '../../../src/report/comparison-json.js';
import { formatDifference } from '../../../src/report/comparison-words.js';
import { renderReport } from '../../../src/report/html/document.js';
import { intervalPlot } from '../../../src/report/html/interval-plot.js';
import type { ComparedFigure, Comparison } from '../../../src/run/comparison.js';
import { markupFaults } from './markup-check.js';
import { HOSTILE, typicalPass } from './result-fixture.js';

const ROW: ComparedFigure = {
  metric: 'mos_lq',
  direction: 'received',
  endpoint: null,
  stat: 'p5',
  unit: 'MOS',
  better: 'higher',
  baseline: 4.4,
  result: 3.9,
  baselineSamples: 100,
  resultSamples: 90,
  difference: -0.5,
  interval: { low: -0.6, high: -0.4 },
  threshold: 0.05,
  allowance: 0,
  pValue: 0.0004,
  verdict: 'worse',
  bounded: false,
  reason: null,
};
const UNCLEAR: ComparedFigure = {
  ...ROW,
  metric: 'loss',
  stat: 'mean',
  unit: 'ratio',
  better: 'lower',
  baseline: 0.01,
  result: 0.012,
  difference: 0.002,
  interval: { low: -0.001, high: 0.003 },
  threshold: 0.002,
  pValue: 0.7,
  verdict: 'unclear',
};
const UNCHANGED: ComparedFigure = {
  ...UNCLEAR,
  verdict: 'same',
  metric: 'one_way',
  direction: null,
  stat: 'ratio',
  difference: 0,
  interval: { low: 0, high: 0 },
  bounded: true,
};
const RUN = { name: 'peak', startedAt: '2026-11-20T14:03:22Z', verdict: 'pass', toolVersion: '0.1.0' };
const COMPARISON: Comparison = {
  comparisonVersion: '1.0',
  verdict: 'worse',
  reasons: ['worse: mos_lq received p5'],
  baselineRun: RUN,
  resultRun: RUN,
  differences: [{ path: 'seed', baseline: '1', result: '2', unlike: false }],
  source: 'call-rows',
  resamples: 20_000,
  confidence: 0.95,
  falseAlarmRate: 0.01,
  comparisons: [ROW, UNCLEAR, UNCHANGED],
};
const HOSTILE_COMPARISON: Comparison = {
  ...COMPARISON,
  reasons: [HOSTILE],
  baselineRun: { ...RUN, name: HOSTILE, toolVersion: HOSTILE },
  differences: [{ path: HOSTILE, baseline: HOSTILE, result: null, unlike: true }],
  comparisons: [{ ...ROW, endpoint: HOSTILE, reason: HOSTILE, verdict: 'untrusted' }],
};

const METHOD = `Values of single calls from the rows of the calls; intervals of 95 % by 20,000
resamples of whole calls.
Worse or better needs a difference of at least what matters, certain among all 3
figures (false alarms at most 1 %).
≈ unclear: no difference is shown, but these calls are too few, or vary too
much, to exclude one that matters.`;

describe('a comparison on the terminal', () => {
  test('has verdict, runs, differences and one aligned line per figure that moved', () => {
    expect(renderComparison(COMPARISON, { color: false })).toBe(`▼ WORSE
  - worse: mos_lq received p5
  baseline  peak, 2026-11-20 14:03:22 UTC, pass, version 0.1.0
  new run  peak, 2026-11-20 14:03:22 UTC, pass, version 0.1.0

What differs in what was asked
  seed: 1 → 2

             figure              baseline    new  difference      95 % interval  matters
  ▼ worse    mos_lq received p5      4.40   3.90       −0.50      −0.60 … −0.40    ±0.05
  ≈ unclear  loss received mean       1 %  1.2 %     +0.2 pp  −0.1 pp … +0.3 pp  ±0.2 pp
  = no difference at all: one_way

${METHOD}
`);
  });

  test('reads what an earlier version called the same, and did not show to be, as unclear', () => {
    const old = renderComparison({ ...COMPARISON, comparisons: [{ ...UNCLEAR, verdict: 'same' }] }, { color: true });
    expect(old).toContain('\u001B[1;33m≈ unclear\u001B[0m');
  });

  test('is coloured only where asked, and never without the word', () => {
    expect(renderComparison(COMPARISON, { color: true })).toContain('\u001B[1;31m▼ WORSE\u001B[0m');
    expect(renderComparison(COMPARISON, { color: true })).toContain('\u001B[1;31m▼ worse\u001B[0m    mos_lq');
  });

  test('lets no text of the network through raw', () => {
    const text = renderComparison(HOSTILE_COMPARISON, { color: false });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const block = baselineLines({ ...HOSTILE_COMPARISON, file: HOSTILE }, false).join('');
    expect(block).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('is a block of the summary of a run, without what stayed the same', () => {
    expect(baselineLines({ ...COMPARISON, file: 'before.json' }, false)).toEqual([
      'Baseline',
      '  ▼ WORSE against peak, 2026-11-20 14:03:22 UTC (before.json)',
      '  ▼ worse  mos_lq received p5: 4.40 → 3.90, −0.50 (−0.60 … −0.40)',
    ]);
    const reasons = ['unclear: loss received mean: no difference is shown'];
    expect(
      baselineLines({ ...COMPARISON, verdict: 'same', comparisons: [UNCLEAR], reasons, file: 'x' }, false),
    ).toEqual([
      'Baseline',
      '  = SAME against peak, 2026-11-20 14:03:22 UTC (x)',
      '  - unclear: loss received mean: no difference is shown',
    ]);
    expect(baselineLines(null, false)).toEqual([]);
  });

  test('writes differences of ratios in percentage points', () => {
    expect(formatDifference(0.0123, 'ratio')).toBe('+1.23 pp');
    expect(formatDifference(-0.002, 'ratio')).toBe('−0.2 pp');
    expect(formatDifference(0, 'ratio')).toBe('0 pp');
    expect(formatDifference(12, 'ms')).toBe('+12 ms');
  });
});

describe('a comparison in the report', () => {
  const report = renderReport({ ...typicalPass(), baseline: { ...COMPARISON, file: 'before.json' } });

  test('is a section between generator and method, and none without a baseline', () => {
    expect([...report.matchAll(/<section id="([a-z-]+)"/g)].map((match) => match[1]).slice(-4)).toEqual([
      'generator',
      'baseline',
      'method',
      'reproduce',
    ]);
    expect(renderReport(typicalPass())).not.toContain('baseline-title');
    expect(markupFaults(report)).toEqual([]);
  });

  test('holds what was compared, escaped', () => {
    expect(report).toContain('▼ worse');
    expect(report).toContain('<span class="state unsure">≈ unclear</span>');
    expect(report).toMatch(/mos_lq received p5[^]*4\.40[^]*3\.90[^]*−0\.50[^]*−0\.60 … −0\.40[^]*±0\.05/);
    const hostile = renderReport({ ...typicalPass(), baseline: { ...HOSTILE_COMPARISON, file: HOSTILE } });
    expect(markupFaults(hostile)).toEqual([]);
    expect(hostile.match(/<script/g)).toHaveLength(1); // our own
  });

  test('draws worse to the left in units of what matters, cut at four of them', () => {
    // Middle 84, one unit (84 − 6) / 4 = 19.5: −0.5 is ten units to the left, beyond the edge at 2, so both ends are arrows.
    const cut = intervalPlot(ROW, 'words')?.toString();
    expect(cut).toContain('aria-label="words"');
    expect(cut).toContain('d="M64.5 0H103.5V18H64.5Z"');
    expect(cut).toContain('d="M2 9H2M6 5L2 9L6 13M6 5L2 9L6 13"');
    // More loss is worse: −0.1 pp is half a unit to the right, +0.3 pp one and a half to the left.
    const open = intervalPlot(UNCLEAR, 'words')?.toString();
    expect(open).toContain('d="M54.8 9H93.8M54.8 5V13M93.8 5V13"');
    expect(intervalPlot({ ...ROW, interval: null }, 'words')).toBeNull();
  });
});

test('the schema is one of the JSON that is printed', () => {
  const validate = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(comparisonJsonSchema());
  expect(validate(JSON.parse(serializeComparison(COMPARISON)))).toBe(true);
  expect(validate({ ...COMPARISON, verdict: 'fine' })).toBe(false);
  expect(() => serializeComparison({ ...COMPARISON, resamples: 0 })).toThrow('resamples');
});
