/** What `callgauge doctor` measured over one bad link, beside what the link's own end says that it did. */
import type { ImpairmentCounts } from '../lib/impairment.js';
import { Distribution } from '../metrics/histogram.js';
import { DOCTOR_LIMITS, type ReadBack } from '../run/doctor.js';
import { LEG } from '../worker/messages.js';

/** Sums over the legs of one link, of what was received. */
export class LinkFigures {
  lost = 0;
  received = 0;
  expected = 0;
  readonly jitterMs = new Distribution('ms');
  readonly rttMs = new Distribution('ms');

  add(legs: Float64Array, offset: number): void {
    const at = (column: number): number => legs[offset + column] ?? Number.NaN;
    this.lost += at(LEG.lost);
    this.received += at(LEG.received);
    this.expected += at(LEG.expected);
    recordKnown(this.jitterMs, at(LEG.jitterMs));
    recordKnown(this.rttMs, at(LEG.rttMs));
  }
}

function recordKnown(distribution: Distribution, value: number): void {
  if (Number.isFinite(value)) {
    distribution.record(value);
  }
}

export interface ReadBackParts {
  readonly figures: LinkFigures;
  readonly whole: LinkFigures;
  /** What the answerer says that it did; null when it did not come to say it. */
  readonly counts: ImpairmentCounts | null;
}

export function readBackOf(impair: string, { figures, whole, counts }: ReadBackParts): ReadBack {
  const floorMs = known(whole.jitterMs.mean) ?? 0;
  if (impair.startsWith('loss')) {
    // Packets that came after the end of their call: the answerer's threads need a moment for it. They hold few losses.
    const tail = counts === null ? 0 : counts.offered - counts.lost - counts.unsent - figures.received;
    return {
      impair,
      quantity: 'loss',
      unit: 'packets',
      injected: counts === null ? null : counts.lost - counts.lostUnseen,
      measured: figures.expected === 0 ? null : figures.lost,
      tolerance: { below: Math.max(0, tail), above: 0 },
      of: figures.expected,
    };
  }
  if (impair.startsWith('jitter')) {
    const injected = counts?.jitterMs ?? null;
    const tolerance = DOCTOR_LIMITS.jitterRatio * (injected ?? 0) + floorMs;
    const measured = known(figures.jitterMs.mean);
    return timeReadBack({ impair, quantity: 'jitter', injected, measured, tolerance });
  }
  const measured = known(figures.rttMs.percentile(50) - whole.rttMs.percentile(50));
  const tolerance = DOCTOR_LIMITS.delayMs + floorMs;
  return timeReadBack({
    impair,
    quantity: 'delay',
    injected: Number.parseFloat(impair.slice('delay='.length)),
    measured,
    tolerance,
  });
}

function timeReadBack(parts: {
  readonly impair: string;
  readonly quantity: 'jitter' | 'delay';
  readonly injected: number | null;
  readonly measured: number | null;
  readonly tolerance: number;
}): ReadBack {
  const { tolerance, ...figures } = parts;
  return { ...figures, unit: 'ms', tolerance: { below: tolerance, above: tolerance }, of: null };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
