import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatImpairment, parseImpairment, type ImpairmentProblem } from '../../../src/lib/impairment.js';

const NONE = { lossRatio: 0, burstPackets: null, delayMs: 0, jitterMs: 0, duplicateRatio: 0, reorderRatio: 0 };

describe('what is understood', () => {
  test.each([
    ['loss=2%', { ...NONE, lossRatio: 0.02 }],
    ['loss=0.02,burst=4', { ...NONE, lossRatio: 0.02, burstPackets: 4 }],
    ['loss=100%', { ...NONE, lossRatio: 1 }],
    ['delay=50ms,jitter=20ms', { ...NONE, delayMs: 50, jitterMs: 20 }],
    ['delay=1.5s', { ...NONE, delayMs: 1500 }],
    [' duplicate = 1% , reorder=50%', { ...NONE, duplicateRatio: 0.01, reorderRatio: 0.5 }],
    ['loss=0%', NONE],
  ])('%s', (text, impairment) => {
    expect(parseImpairment(text)).toEqual({ impairment });
  });
});

test('is written back as it is read', () => {
  for (const text of ['loss=2%,burst=4,delay=50ms,jitter=2.5ms,duplicate=0.1%,reorder=3%', 'delay=1.5s', 'loss=0%']) {
    const reading = parseImpairment(text);
    expect('impairment' in reading && formatImpairment(reading.impairment)).toBe(text);
  }
});

function problemsOf(text: string): readonly ImpairmentProblem[] {
  const reading = parseImpairment(text);
  return 'problems' in reading ? reading.problems : [];
}

describe('what is refused', () => {
  test.each([
    ['', 'part 1', 'expected key=value'],
    ['loss', 'part 1', 'expected key=value'],
    ['los=2%', 'part 1', 'unknown key (did you mean "loss"?)'],
    ['xyzxyz=1', 'part 1', 'unknown key (known: loss, burst, delay, jitter, duplicate, reorder)'],
    ['__proto__=1', 'part 1', 'unknown key (known: loss, burst, delay, jitter, duplicate, reorder)'],
    ['loss=101%', 'loss', 'expected a share like 2%, up to 100%'],
    ['loss=2ms', 'loss', 'expected a share like 2%, up to 100%'],
    ['loss=-1%', 'loss', 'expected a share like 2%, up to 100%'],
    ['delay=50', 'delay', 'expected a duration like 50ms, up to 5s'],
    ['delay=6s', 'delay', 'expected a duration like 50ms, up to 5s'],
    ['jitter=26ms', 'jitter', 'expected a duration like 20ms, up to 25ms'],
    ['reorder=51%', 'reorder', 'expected a share like 2%, up to 50%'],
    ['loss=1%,burst=0.5', 'burst', 'expected a mean length in packets from 1 to 1000, like 3'],
    ['burst=3', 'burst', 'expected a loss beside it, as in loss=2%,burst=3'],
    ['loss=80%,burst=2', 'burst', 'expected at least 4 packets with a loss of 80%'],
    ['loss=1%,loss=2%', 'loss', 'given twice'],
  ])('%s', (text, where, message) => {
    expect(problemsOf(text)).toEqual([expect.objectContaining({ where, message })]);
  });

  test('everything at once, and what was written only as the part', () => {
    const problems = problemsOf('los=2%,jitter=1h,,delay=secret');
    expect(problems.map(({ part }) => part)).toEqual(['los=2%', 'jitter=1h', '', 'delay=secret']);
    expect(problems.map(({ where, message }) => where + message).join(' ')).not.toContain('secret');
  });
});

test('any text is read or refused, and what is read keeps to its bounds', () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom('loss=1%', 'burst=3', 'delay=1e9s', 'jitter=25ms', 'loss=1e400', 'reorder=.5'),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const reading = parseImpairment(parts.join(','));
      const problems = 'problems' in reading ? reading.problems.length : 0;
      const { lossRatio, delayMs, jitterMs, reorderRatio } = 'impairment' in reading ? reading.impairment : NONE;
      expect(lossRatio <= 1 && delayMs <= 5000 && jitterMs <= 25 && reorderRatio <= 0.5).toBe(true);
      expect('impairment' in reading).toBe(problems === 0);
    }),
  );
});
