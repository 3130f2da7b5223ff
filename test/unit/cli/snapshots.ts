/** Snapshots of a run, each with only what a test is about. */
import type { ProgressSnapshot } from '../../../src/cli/progress-snapshot.js';
import type { GateResult } from '../../../src/run/result.js';

export function snapshotOf(changes: Partial<ProgressSnapshot> = {}): ProgressSnapshot {
  return {
    second: 42,
    course: { stage: 'hold 4/s', left: { unit: 'seconds', done: 42, total: 90 } },
    calls: { started: 162, total: 360, active: 41, failed: 2, dropped: 0, notStarted: 0 },
    rate: { achieved: 3.8, target: 4, overSeconds: 5 },
    media: true,
    received: {
      mosLq: { p50: 4.41, p5: 4.32, p95: 4.41, min: 4.1 },
      mosLqWb: null,
      lossRatio: 0.0002,
      jitterP95Ms: 1.25,
    },
    sent: { mosLq: { p50: 4.38, p5: 4.21, p95: 4.41, min: 4 }, mosLqWb: null, lossRatio: 0.001, jitterP95Ms: 2 },
    rttP95Ms: 12.3,
    gates: [],
    strains: [],
    ...changes,
  };
}

export function gateOf(changes: Partial<GateResult> = {}): GateResult {
  return {
    expr: 'success_ratio >= 99%',
    state: 'pass',
    observed: 1,
    limit: 0.99,
    unit: 'ratio',
    margin: 0.01,
    samples: 162,
    window: null,
    severity: 'gate',
    firstFailedAtSecond: null,
    reason: null,
    comparedWith: 'limit',
    reference: null,
    forMs: null,
    afterMs: 0,
    limitFloor: null,
    profile: null,
    ...changes,
  };
}

const ESCAPE = '\u001B[';

/** Without the codes of colours. */
export function withoutColor(text: string): string {
  const [first = '', ...parts] = text.split(ESCAPE);
  return first + parts.map((part) => part.replace(/^[\d;]*m/, '')).join('');
}
