/**
 * Timers on a hashed wheel: schedule and cancel in O(1), one small object a timer. The owner calls `advance` some hundred
 * times a second. Delays count from the clock that it hands in: after a stall of the thread the messages that waited are
 * handled long after the last `advance`, and a timer that counted from there would be early by the stall.
 */
import type { TimerHandle, Timers } from './timers.js';

export const TICK_MS = 10;
/** One turn is 40.96 s, so that no timer of RFC 3261 at its default needs a second turn. */
const SLOTS = 4_096;

class WheelTimer {
  next: WheelTimer | null = null;
  previous: WheelTimer | null = null;
  /** -1 once fired or cancelled. */
  slot = -1;

  constructor(
    readonly dueTick: number,
    public fire: ((target: unknown) => void) | null,
    public target: unknown,
  ) {}
}

/** Fires in order of due tick, within a tick in the order of scheduling; never early by the time given to `advance`, late by less than a tick plus the owner's lateness. */
export class TimerWheel implements Timers {
  #heads: (WheelTimer | null)[] = Array.from({ length: SLOTS }, () => null);
  #tails: (WheelTimer | null)[] = Array.from({ length: SLOTS }, () => null);
  #tick: number;
  #nowMs: number;
  #count = 0;
  #clock: () => number;

  /** @param clock monotonic ms, on the same zero as what `advance` is given; default: the time of the last `advance` */
  constructor(startMs = 0, clock: () => number = () => this.#nowMs) {
    this.#nowMs = startMs;
    this.#tick = Math.floor(startMs / TICK_MS);
    this.#clock = clock;
  }

  /** Timers that are waiting. */
  get size(): number {
    return this.#count;
  }

  /** The time of the last `advance`; inside a firing timer, the time that it was due. */
  get nowMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, fire: () => void): TimerHandle;
  schedule<T>(delayMs: number, fire: (target: T) => void, target: T): TimerHandle;
  schedule(delayMs: number, fire: (target: never) => void, target?: unknown): TimerHandle {
    const dueTick = Math.max(this.#tick + 1, Math.ceil((this.#clock() + delayMs) / TICK_MS));
    const timer = new WheelTimer(dueTick, fire as (target: unknown) => void, target);
    this.#link(timer);
    return timer;
  }

  cancel(handle: TimerHandle): void {
    if (handle instanceof WheelTimer && handle.slot >= 0) this.#unlink(handle);
  }

  /** Fires everything due up to `nowMs` (monotonic ms; going back is ignored). */
  advance(nowMs: number): void {
    const lastTick = Math.floor(nowMs / TICK_MS);
    while (this.#tick < lastTick) {
      if (this.#count === 0) {
        this.#tick = lastTick;
        break;
      }
      this.#tick++;
      this.#nowMs = Math.max(this.#nowMs, this.#tick * TICK_MS);
      this.#fireSlot(this.#tick % SLOTS);
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  #fireSlot(slot: number): void {
    // A firing timer may cancel its neighbour: start over from the head after each, the due ones leave the list.
    for (let timer = this.#firstDue(slot); timer !== null; timer = this.#firstDue(slot)) {
      const { fire, target } = timer;
      this.#unlink(timer);
      fire?.(target);
    }
  }

  #firstDue(slot: number): WheelTimer | null {
    let timer = this.#heads[slot] ?? null;
    while (timer !== null && timer.dueTick > this.#tick) timer = timer.next;
    return timer;
  }

  #link(timer: WheelTimer): void {
    timer.slot = timer.dueTick % SLOTS;
    const tail = this.#tails[timer.slot] ?? null;
    timer.previous = tail;
    if (tail === null) this.#heads[timer.slot] = timer;
    else tail.next = timer;
    this.#tails[timer.slot] = timer;
    this.#count++;
  }

  #unlink(timer: WheelTimer): void {
    if (timer.previous === null) this.#heads[timer.slot] = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === null) this.#tails[timer.slot] = timer.previous;
    else timer.next.previous = timer.previous;
    timer.next = null;
    timer.previous = null;
    timer.slot = -1;
    // A cancelled handle that someone keeps must not keep the call alive.
    timer.fire = null;
    timer.target = null;
    this.#count--;
  }
}
