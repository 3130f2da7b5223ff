/**
 * The loop of a signalling thread: a chain of timers on the event loop, and where thousands of messages come over UDP each second,
 * a sleep of a millisecond at a time. How late each turn is, is the thread's event-loop delay.
 */
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import { Tally } from '../lib/tally.js';
import type { UdpTransport } from '../sip/transport/udp.js';

/** The loop turns at least this often, for the timers of the transactions. */
export const LONGEST_PAUSE_MS = 10;
/** From so many messages on that come in a millisecond, it costs less to look each millisecond than to be woken. */
const BUSY_MESSAGES_A_MS = 2;
/** So long the event loop may wait for its turn meanwhile, ms: each costs as much as ten messages, for it reads the socket in its own way. */
const BUSY_STRETCH_MS = 25;
/** Handled at once, so that a flood leaves time for timers and reports. */
const MESSAGES_A_STEP = 500;

export interface LoopOwner {
  readonly socket: UdpTransport;
  /** Whether all that can come comes to the socket. */
  isDatagramOnly(): boolean;
  /** Timers, calls that are due, and once a second the report. */
  step(nowNs: number): void;
  /** When there is something to do next, monotonic ns; null: only the network knows. */
  nextNs(): number | null;
}

export class SignallingLoop {
  /** µs. */
  readonly delayUs = new Tally();
  /** Delays are told from then on. */
  countsDelays = false;
  private nextTurnNs = 0;
  private timer: NodeJS.Timeout | null = null;
  private immediate: NodeJS.Immediate | null = null;
  private isBusy = false;
  private weighedNs = 0;
  private weighedMessages = 0;

  constructor(private readonly owner: LoopOwner) {}

  /** One turn of the event loop: a step, and more of them where much comes. */
  turn(): void {
    this.stop();
    if (this.isBusy) {
      this.owner.socket.gather();
    }
    this.step();
    this.weigh();
    if (this.isBusy) {
      this.stepBusily();
    } else {
      this.owner.socket.release();
      this.schedule();
    }
  }

  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    if (this.immediate !== null) {
      clearImmediate(this.immediate);
    }
  }

  private step(): void {
    const nowNs = monotonicNs();
    if (this.countsDelays && this.nextTurnNs > 0) {
      this.recordDelay((nowNs - this.nextTurnNs) / 1000);
    }
    this.owner.socket.drain(MESSAGES_A_STEP);
    this.owner.step(nowNs);
  }

  /**
   * Each message wakes an event loop, and each answer wakes the far end: at thousands a second that is most of the work. So the
   * thread sleeps a millisecond at a time and handles what came in between at once; when it came, the kernel says. After some of that
   * the event loop has its turn, for commands.
   */
  private stepBusily(): void {
    const { socket } = this.owner;
    const endNs = monotonicNs() + BUSY_STRETCH_MS * NS_PER_MS;
    socket.gather();
    socket.flush();
    for (let nowNs = monotonicNs(); nowNs < endNs; nowNs = monotonicNs()) {
      this.nextTurnNs = nowNs + NS_PER_MS;
      socket.native?.sleepUntil(this.nextTurnNs);
      this.step();
      socket.flush();
    }
    socket.release();
    this.nextTurnNs = monotonicNs();
    this.immediate = setImmediate(() => this.turn());
  }

  /** By what came since the last time. */
  private weigh(): void {
    const { socket } = this.owner;
    const nowNs = monotonicNs();
    const elapsedMs = (nowNs - this.weighedNs) / NS_PER_MS;
    if (elapsedMs < LONGEST_PAUSE_MS) {
      return;
    }
    const messages = socket.counters.received - this.weighedMessages;
    this.isBusy = socket.native !== null && this.owner.isDatagramOnly() && messages > BUSY_MESSAGES_A_MS * elapsedMs;
    this.weighedNs = nowNs;
    this.weighedMessages = socket.counters.received;
  }

  /** A long stall stands for the turns that it swallowed, each as late as it would have been; else it were one among many. */
  private recordDelay(delayUs: number): void {
    for (let lateUs = delayUs; lateUs > 0 || lateUs === delayUs; lateUs -= LONGEST_PAUSE_MS * 1000) {
      this.delayUs.record(lateUs);
    }
  }

  private schedule(): void {
    const nowNs = monotonicNs();
    const dueNs = this.owner.nextNs() ?? Number.POSITIVE_INFINITY;
    const pauseMs = Math.ceil(Math.min(LONGEST_PAUSE_MS, Math.max(1, (dueNs - nowNs) / NS_PER_MS)));
    this.nextTurnNs = nowNs + pauseMs * NS_PER_MS;
    this.timer = setTimeout(() => this.turn(), pauseMs);
  }
}
