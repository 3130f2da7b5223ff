/** Media engines on a network in memory: a caller and an echoing answerer, and what they reported. */
import type { MessagePort } from 'node:worker_threads';
import { expect } from 'vitest';
import { RtpHeader, writeRtpHeader } from '../../../src/rtp/packet.js';
import { MediaEngine } from '../../../src/worker/media-engine.js';
import type { RemoteMedia } from '../../../src/call/media-slots.js';
import {
  DIRECTION,
  LEG,
  ROW,
  type MediaBatch,
  type MediaWorkerSetup,
  type SlotReport,
} from '../../../src/worker/messages.js';
import { MemoryNetwork, MemorySockets } from './memory-sockets.js';
import { remoteMedia } from './remote-media.js';

export const MS = 1e6;
export const EPOCH_NS = 5_000 * MS;
export const CALLER = '10.0.0.1';
export const ANSWERER = '10.0.0.2';

/** One media worker on a memory network, and what it reported. */
export class Worker {
  readonly sockets: MemorySockets;
  readonly engine: MediaEngine;
  readonly batches: MediaBatch[] = [];
  readonly reports: SlotReport[] = [];
  readonly owner = { postMessage: (report: SlotReport) => this.reports.push(report) } as unknown as MessagePort;

  constructor(network: MemoryNetwork, address: string, setup: Partial<MediaWorkerSetup> = {}) {
    this.sockets = new MemorySockets(network);
    const payloads = Uint8Array.from({ length: 50 * 160 }, (_, i) => Math.floor(i / 160));
    const full: MediaWorkerSetup = {
      kind: 'media',
      index: 0,
      workers: 1,
      backend: 'auto',
      dscp: 46,
      localAddress: address,
      rtpPorts: { first: 4000, last: 4999 },
      source: 'clip',
      ptimeMs: 20,
      clips: [{ codec: 'PCMU', payloads, bytesPerPacket: 160, packetCount: 50 }],
      seed: 1,
      ...setup,
    };
    this.engine = new MediaEngine(
      full,
      this.sockets,
      () => network.nowNs,
      (batch) => this.batches.push(batch),
    );
  }

  open(count: number): Promise<number> {
    return this.engine.open(count, this.owner);
  }

  get rows(): Record<keyof typeof ROW, number>[] {
    return this.allRows.filter(({ direction }) => direction === DIRECTION.received);
  }

  get sentRows(): Record<keyof typeof ROW, number>[] {
    return this.allRows.filter(({ direction }) => direction === DIRECTION.sent);
  }

  get legs(): Record<keyof typeof LEG, number>[] {
    return this.allLegs.filter(({ direction }) => direction === DIRECTION.received);
  }

  get sentLegs(): Record<keyof typeof LEG, number>[] {
    return this.allLegs.filter(({ direction }) => direction === DIRECTION.sent);
  }

  private get allRows(): Record<keyof typeof ROW, number>[] {
    return this.batches.flatMap(({ rows }) => tableOf(rows, ROW));
  }

  private get allLegs(): Record<keyof typeof LEG, number>[] {
    return this.batches.flatMap(({ legs }) => tableOf(legs, LEG));
  }

  get freed(): number[] {
    return this.reports.flatMap((report) => (report.type === 'free' ? [report.slot] : []));
  }

  /** What the slots' owner was told of their legs. */
  get freeTotals(): (Float64Array | null)[] {
    return this.reports.flatMap((report) => (report.type === 'free' ? [report.totals] : []));
  }

  total(of: 'sent' | 'missed' | 'sendErrors' | 'received'): number {
    return this.batches.reduce((sum, batch) => sum + batch[of], 0);
  }
}

export function tableOf<Key extends string>(
  table: Float64Array,
  columns: Readonly<Record<Key, number>>,
): Record<Key, number>[] {
  const names = Object.entries(columns) as [Key | 'columns', number][];
  const width = names.find(([name]) => name === 'columns')?.[1] ?? 1;
  return Array.from({ length: table.length / width }, (_, row) =>
    Object.fromEntries(names.map(([name, column]) => [name, table[row * width + column] ?? Number.NaN])),
  ) as Record<Key, number>[];
}

/** A caller and an echoing answerer, one slot each unless said otherwise. */
export async function pair(slots = 1) {
  const network = new MemoryNetwork();
  const caller = new Worker(network, CALLER);
  const answerer = new Worker(network, ANSWERER, { source: 'echo' });
  await Promise.all([caller.open(slots), answerer.open(slots)]);
  const begin = (): void => {
    network.nowNs = EPOCH_NS;
    caller.engine.begin(EPOCH_NS);
    answerer.engine.begin(EPOCH_NS);
    caller.engine.run(network.nowNs);
    answerer.engine.run(network.nowNs);
  };
  const advanceTo = (ms: number): void => {
    while (network.nowNs < EPOCH_NS + ms * MS) {
      network.nowNs += MS;
      caller.engine.run(network.nowNs);
      answerer.engine.run(network.nowNs);
    }
  };
  return { network, caller, answerer, begin, advanceTo };
}

export type Pair = Awaited<ReturnType<typeof pair>>;

export const arm = (worker: Worker, slot = 0, call = 0): void =>
  worker.engine.command({ type: 'arm', slot, call, endpoint: 3 });

export function connect(
  worker: Worker,
  remoteAddress: string,
  options: { slot?: number; atMs?: number; media?: Partial<RemoteMedia> } = {},
): void {
  const answeredAtNs = EPOCH_NS + (options.atMs ?? 0) * MS;
  const media = remoteMedia({ address: remoteAddress, answeredAtNs, ...options.media });
  worker.engine.command({ type: 'connect', slot: options.slot ?? 0, media });
}

export const release = (worker: Worker, atMs: number, slot = 0): void =>
  worker.engine.command({ type: 'release', slot, endedAtNs: EPOCH_NS + atMs * MS });

export function startCall({ caller, answerer }: Pair, atMs: number, call = 0): void {
  arm(caller, 0, call);
  arm(answerer, 0, call);
  connect(caller, ANSWERER, { atMs });
  connect(answerer, CALLER, { atMs });
}

export function headersFrom(network: MemoryNetwork, address: string): RtpHeader[] {
  return network.sent
    .filter(({ from, packet }) => from.startsWith(`${address}:`) && !isRtcp(packet))
    .map(({ packet }) => {
      const header = new RtpHeader();
      expect(header.parse(packet, packet.length)).toBe('rtp');
      return header;
    });
}

export function isRtcp(packet: Uint8Array): boolean {
  return packet[1]! >= 192 && packet[1]! <= 223;
}

export function rtp(fields: Partial<RtpHeader>): Uint8Array {
  const packet = new Uint8Array(172);
  writeRtpHeader(packet, Object.assign(new RtpHeader(), fields));
  return packet;
}
