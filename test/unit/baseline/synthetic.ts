/** Runs drawn from a known distribution: valid results whose figures per call are what the test says. */
import { Distribution, type DistributionKind } from '../../../src/metrics/histogram.js';
import { createRandom, type Random } from '../../../src/lib/random.js';
import type { Result } from '../../../src/run/result.js';
import type { DirectionQuality } from '../../../src/run/result-quality.js';
import { typicalPass } from '../report/result-fixture.js';

export interface SyntheticRun {
  readonly seed: number;
  readonly calls: number;
  /** Mean share of lost packets; that of a call varies from 0 to twice as much. */
  readonly lossRatio?: number;
  readonly setupMs?: number;
  readonly jitterMs?: number;
  readonly successRatio?: number;
  /** The received direction only; both are drawn from the same otherwise. */
  readonly mosLoss?: number;
}

type Draw = () => number;
type PerCall = DirectionQuality['perCall'];

/** Exponential delays, Bernoulli outcomes, MOS that falls with loss: skewed and with ties, as those of calls are. */
export function syntheticRun(run: SyntheticRun): Result {
  const random = createRandom(run.seed);
  const base = typicalPass();
  const outcomes = Array.from({ length: run.calls }, () => random.next() < (run.successRatio ?? 1));
  const succeeded = outcomes.filter(Boolean).length;
  const calls = {
    ...base.calls,
    requested: run.calls,
    attempted: run.calls,
    answered: succeeded,
    completed: succeeded,
    failed: run.calls - succeeded,
    succeeded,
  };
  const delay = (meanMs: number) => drawn('ms', run.calls, () => exponential(random, meanMs));
  const received = base.quality.received;
  if (received === null) throw new Error('the fixture has audio');
  const [endpoint] = base.endpoints;
  if (endpoint === undefined) throw new Error('the fixture has an endpoint');
  return {
    ...base,
    calls,
    signalling: {
      ...base.signalling,
      successRatio: succeeded / run.calls,
      setupDelayMs: delay(run.setupMs ?? 40),
      answerDelayMs: delay((run.setupMs ?? 40) * 2),
      disconnectDelayMs: delay(18),
    },
    quality: { received: { ...received, perCall: perCall(run, random) }, sent: null, farEndXr: null, findings: [] },
    endpoints: [{ ...endpoint, codecs: [{ codec: 'PCMU', legs: run.calls }] }],
  };
}

function perCall(run: SyntheticRun, random: Random): PerCall {
  const losses = Array.from(
    { length: run.calls },
    () => Math.round(random.next() * 2 * (run.lossRatio ?? 0.001) * 1500) / 1500,
  );
  const of = (kind: DistributionKind, value: (loss: number) => number) => {
    const distribution = new Distribution(kind);
    for (const loss of losses) distribution.record(value(loss));
    return distribution.summary();
  };
  const mos = (loss: number): number => 4.41 - (run.mosLoss ?? 0) - 8 * loss - random.next() * 0.02;
  return {
    ...nothing(),
    mosLq: of('mos', mos),
    rFactor: of('rFactor', (loss) => 93.2 - 200 * loss),
    lossRatio: of('ratio', (loss) => loss),
    discardRatio: of('ratio', () => 0),
    jitterMs: of('ms', () => exponential(random, run.jitterMs ?? 4)),
  };
}

function nothing(): PerCall {
  return {
    mosLq: null,
    mosCq: null,
    mosLqWb: null,
    mosCqWb: null,
    mosLqNoPlc: null,
    rFactor: null,
    lossRatio: null,
    discardRatio: null,
    jitterMs: null,
    rttMs: null,
    mouthToEarMs: null,
    burstR: null,
    burstDensity: null,
    burstMs: null,
    gapDensity: null,
    gapMs: null,
  };
}

function drawn(kind: DistributionKind, count: number, draw: Draw) {
  const distribution = new Distribution(kind);
  for (let i = 0; i < count; i++) distribution.record(draw());
  return distribution.summary();
}

function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.next());
}
