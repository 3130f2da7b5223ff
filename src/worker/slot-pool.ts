/**
 * The media slots of one signalling worker: dealt out in the order in which they were freed (a port rests as long as
 * possible), from the media worker that has most of them; more are asked for in batches before they run out.
 */
import type { MessagePort } from 'node:worker_threads';
import type { DigitsToSend } from '../call/dtmf.js';
import type { ConnectedSince, DigitListener, MediaSlot, MediaSlots, RemoteMedia } from '../call/media-slots.js';
import type { AgreedMedia } from '../call/negotiation.js';
import type { LegSide, Slot, SlotCommand, SlotReport } from './messages.js';

/** More are asked for when fewer than this share of the open ones is free, but at least so many. */
const GROW_BELOW_SHARE = 0.25;
const GROW_BELOW = 16;
const GROW_BY = 64;

class MediaWorkerSlots {
  /** Free slots, oldest first; `head` walks so that taking one is O(1). */
  private free: Slot[] = [];
  private head = 0;
  private readonly ports = new Map<number, number>();
  /** Slots that were released and whose totals somebody waits for. */
  private readonly awaited = new Map<number, (totals: Float64Array) => void>();
  /** Who hears of keys, by slot. */
  readonly listeners = new Map<number, DigitListener>();
  private growing = true;
  private exhausted = false;
  /** Why fewer were opened than were asked for. */
  shortage: string | null = null;
  private lost = false;

  constructor(
    private readonly port: MessagePort,
    private readonly onReady: () => void,
  ) {
    port.on('message', (report: SlotReport) => this.receive(report));
  }

  get available(): number {
    return this.free.length - this.head;
  }

  get opened(): number {
    return this.ports.size;
  }

  take(call: number, endpoint: number, side: LegSide): Slot | null {
    const slot = this.free[this.head];
    if (slot === undefined) {
      return null;
    }
    this.head++;
    if (this.head > 1024) {
      this.free = this.free.slice(this.head);
      this.head = 0;
    }
    this.command({ type: 'arm', slot: slot.slot, call, endpoint, side });
    this.growInTime();
    return slot;
  }

  /** By half of what is open, so that a rising load is followed however far it goes. */
  private growInTime(): void {
    const wanted = Math.max(GROW_BELOW, this.opened * GROW_BELOW_SHARE);
    if (this.available < wanted && !this.growing && !this.exhausted) {
      this.growing = true;
      this.command({ type: 'grow', count: Math.max(GROW_BY, Math.ceil(this.opened / 2)) });
    }
  }

  release(slot: number, endedAtNs: number, onMeasured: ((totals: Float64Array) => void) | null): void {
    if (onMeasured !== null) {
      this.awaited.set(slot, onMeasured);
    }
    this.command({ type: 'release', slot, endedAtNs });
  }

  command(command: SlotCommand): void {
    this.port.postMessage(command);
  }

  /** The media worker has died: its slots are gone. */
  lose(): void {
    this.free = [];
    this.head = 0;
    this.awaited.clear();
    this.listeners.clear();
    this.exhausted = true;
    this.lost = true;
    this.onReady(); // it may have died before its first slots
  }

  close(): void {
    this.port.close();
  }

  private receive(report: SlotReport): void {
    if (this.lost) {
      return; // sent before it died
    }
    if (report.type === 'digit') {
      this.listeners.get(report.slot)?.onDigit(report.digit);
      return;
    }
    if (report.type === 'free') {
      this.receiveFree(report.slot, report.totals);
      return;
    }
    this.growing = report.more;
    this.shortage = report.shortage ?? null;
    this.exhausted ||= report.slots.length === 0;
    for (const slot of report.slots) {
      this.ports.set(slot.slot, slot.rtpPort);
      this.free.push(slot);
    }
    if (!report.more) {
      this.onReady();
    }
  }

  private receiveFree(slot: number, totals: Float64Array | null): void {
    const rtpPort = this.ports.get(slot);
    if (rtpPort !== undefined) {
      this.free.push({ slot, rtpPort });
    }
    const onMeasured = this.awaited.get(slot);
    this.awaited.delete(slot);
    this.listeners.delete(slot);
    if (totals !== null) {
      onMeasured?.(totals);
    }
  }
}

export class SlotPool implements MediaSlots {
  readonly measured = true;
  private readonly workers: MediaWorkerSlots[] = [];

  /** @param address what the SDP advertises */
  constructor(public address: string) {}

  /** Joins a media worker; resolves when its first slots are open. */
  async join(port: MessagePort): Promise<void> {
    await new Promise<void>((resolve) => {
      this.workers.push(new MediaWorkerSlots(port, resolve));
    });
  }

  /** Slots that are open, in use or free. */
  get opened(): number {
    return this.workers.reduce((sum, worker) => sum + worker.opened, 0);
  }

  get shortage(): string | null {
    return this.workers.find(({ shortage }) => shortage !== null)?.shortage ?? null;
  }

  take(call: number, endpoint: number, side: LegSide = 'only'): MediaSlot | null {
    let best = this.workers[0];
    for (const worker of this.workers) {
      if (best === undefined || worker.available > best.available) {
        best = worker;
      }
    }
    const slot = best?.take(call, endpoint, side) ?? null;
    return slot === null || best === undefined ? null : new TakenSlot(best, slot, this.address);
  }

  /** The same slots, for calls that have two legs of ours. */
  forSide(side: LegSide): MediaSlots {
    return new SidedSlots(this, side);
  }

  /** Calls have failed: their media workers keep what they know of the last packets. */
  keepHeaders(calls: readonly number[]): void {
    for (const worker of this.workers) {
      worker.command({ type: 'keep-headers', calls });
    }
  }

  /** A media worker has died. */
  lose(index: number): void {
    this.workers[index]?.lose();
  }

  close(): void {
    for (const worker of this.workers) {
      worker.close();
    }
  }
}

class SidedSlots implements MediaSlots {
  readonly measured = true;

  constructor(
    private readonly pool: SlotPool,
    private readonly side: LegSide,
  ) {}

  get shortage(): string | null {
    return this.pool.shortage;
  }

  take(call: number, endpoint: number): MediaSlot | null {
    return this.pool.take(call, endpoint, this.side);
  }
}

class TakenSlot implements MediaSlot {
  onMeasured: MediaSlot['onMeasured'] = null;
  private released = false;

  constructor(
    private readonly worker: MediaWorkerSlots,
    private readonly slot: Slot,
    readonly address: string,
  ) {}

  get rtpPort(): number {
    return this.slot.rtpPort;
  }

  connect(agreed: AgreedMedia, since: ConnectedSince): void {
    this.worker.command({ type: 'connect', slot: this.slot.slot, media: { ...agreed, ...since } });
  }

  listen(listener: DigitListener): void {
    this.worker.listeners.set(this.slot.slot, listener);
  }

  press(keys: DigitsToSend): void {
    this.worker.command({ type: 'press', slot: this.slot.slot, keys });
  }

  update(remote: RemoteMedia): void {
    this.worker.command({ type: 'update', slot: this.slot.slot, media: remote });
  }

  release(endedAtNs: number): void {
    if (!this.released) {
      this.released = true;
      this.worker.release(this.slot.slot, endedAtNs, this.onMeasured);
    }
  }
}

/** Signalling only: every call advertises one bound port, where nothing is sent or measured. */
export class SinkSlots implements MediaSlots {
  readonly measured = false;
  private readonly slot: MediaSlot;

  constructor(address: string, rtpPort: number) {
    this.slot = { address, rtpPort, onMeasured: null, connect: () => {}, update: () => {}, release: () => {} };
  }

  take(): MediaSlot {
    return this.slot;
  }

  forSide(): MediaSlots {
    return this;
  }
}
