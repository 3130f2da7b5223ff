/** Drives a StreamMeter as the media engine does: packets in order of arrival, each second closed two seconds late. */
import { findCodecImpairment } from '../../../src/quality/codec-impairment.js';
import type { MeteredSecond } from '../../../src/quality/metered-second.js';
import { score } from '../../../src/quality/score.js';
import { StreamMeter, type StreamMeterOptions } from '../../../src/quality/stream-meter.js';

export interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrivalMs: number;
  /** A telephone event, or comfort noise that begins a silence; audio where absent. */
  readonly kind?: 'event' | 'noise';
}

export interface ClosedSecond extends MeteredSecond {
  readonly second: number;
}

const pcmu = findCodecImpairment('PCMU');

export const METER_OPTIONS: StreamMeterOptions = {
  clockRate: 8000,
  ptimeMs: 20,
  jitterBufferMs: 60,
  codec: pcmu,
};

/** R of PCMU with this share of bad packets, lone ones unless a burst ratio is given. */
export const rFactorOf = (badRatio: number, burstR = 1): number => score(pcmu, { badRatio, burstR }).rFactor;

/** `count` packets on time from `startMs` on, one a ptime. */
export function stream(count: number, startMs: number, first = { sequence: 0, timestamp: 0 }): Packet[] {
  return Array.from({ length: count }, (_, i) => ({
    sequence: (first.sequence + i) & 0xffff,
    timestamp: (first.timestamp + 160 * i) >>> 0,
    arrivalMs: startMs + 20 * i,
  }));
}

/** The same packets with other arrivals: `arrivalOf` is given each packet and its index. */
export function rearrived(packets: readonly Packet[], arrivalOf: (packet: Packet, i: number) => number): Packet[] {
  return packets.map((packet, i) => {
    const { sequence, timestamp, kind } = packet;
    return { sequence, timestamp, arrivalMs: arrivalOf(packet, i), ...(kind === undefined ? {} : { kind }) };
  });
}

/** 1,000 packets, 2 % lost, 0–30 ms of jitter, six packets 120 ms late: the trace behind the jitter buffer's vectors. */
export function referenceTrace(): Packet[] {
  let x = 12_345;
  const draw = (): number => {
    x = (Math.imul(1_103_515_245, x) + 12_345) & 0x7fff_ffff;
    return x >> 16;
  };
  const packets: Packet[] = [];
  for (let i = 0; i < 1000; i++) {
    const isLost = draw() % 100 < 2;
    const jitterMs = (draw() % 31) + (i >= 500 && i < 506 ? 120 : 0);
    if (!isLost) packets.push({ sequence: i, timestamp: 160 * i, arrivalMs: 1000 + 20 * i + 30 + jitterMs });
  }
  return packets.toSorted((a, b) => a.arrivalMs - b.arrivalMs || a.sequence - b.sequence);
}

export interface Call {
  readonly beganMs?: number;
  readonly endedMs: number;
  readonly expectsAudio?: boolean;
  readonly options?: Partial<StreamMeterOptions>;
  /** Called before the packet or the close at that time. */
  readonly events?: readonly { readonly atMs: number; run: (meter: StreamMeter) => void }[];
}

/** Plays a call to its end and gives its rows. */
export function play(packets: readonly Packet[], call: Call): { meter: StreamMeter; seconds: ClosedSecond[] } {
  const meter = new StreamMeter({ ...METER_OPTIONS, ...call.options });
  const seconds: ClosedSecond[] = [];
  meter.begin(call.beganMs ?? 0, call.expectsAudio ?? true);
  const actions = [
    ...packets.map((packet) => ({ atMs: packet.arrivalMs, order: 1, run: () => give(meter, packet) })),
    ...(call.events ?? []).map(({ atMs, run }) => ({ atMs, order: 0, run: () => run(meter) })),
    { atMs: call.endedMs, order: 2, run: () => meter.end(call.endedMs) },
  ];
  for (let second = 0; second <= Math.floor(call.endedMs / 1000); second++) {
    const run = (): void => {
      if (meter.closeSecond(second)) seconds.push({ second, ...meter.second });
    };
    actions.push({ atMs: (second + 3) * 1000, order: 3, run });
  }
  actions.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  for (const action of actions) action.run();
  return { meter, seconds };
}

function give(meter: StreamMeter, { sequence, timestamp, arrivalMs, kind }: Packet): void {
  if (kind === undefined) {
    meter.onPacket(sequence, timestamp, arrivalMs);
  } else {
    meter.onAuxiliary(sequence, arrivalMs, kind === 'noise');
  }
}

export function sum(seconds: readonly ClosedSecond[], of: (second: ClosedSecond) => number): number {
  return seconds.reduce((total, second) => total + of(second), 0);
}

/** `[second, expected, received, lost]` of each row. */
export function bookOf(seconds: readonly ClosedSecond[]): number[][] {
  return seconds.map(({ second, expected, received, lost }) => [second, expected, received, lost]);
}
