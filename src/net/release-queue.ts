/**
 * Packets that wait for their time, over all sockets of a worker: a binary heap over preallocated copies. Memory grows by
 * blocks up to a bound and is reused; in steady state nothing is allocated per packet.
 */

/** A longer packet is no audio of ours. */
export const MAX_WAITING_BYTES = 512;
const BLOCK_PACKETS = 1024;
/** 32 MiB; 1,000 streams with a second of delay have 50,000 packets on their way. */
export const MAX_WAITING_PACKETS = 65_536;

/** One packet that waits; `owner` is whatever the link keeps of its stream. */
export interface Waiting<Owner> {
  /** Exactly the packet. */
  packet: Uint8Array;
  readonly memory: Uint8Array;
  owner: Owner | null;
  /** When it was given to the link, and when it leaves; ns. */
  givenNs: number;
  dueNs: number;
  /** Of packets due at the same time the one that came first leaves first. */
  order: number;
  isCopy: boolean;
  /** Another one leaves in its place. */
  isCancelled: boolean;
}

export class ReleaseQueue<Owner> {
  private readonly heap: Waiting<Owner>[] = [];
  private readonly free: Waiting<Owner>[] = [];
  private size = 0;
  private made = 0;
  private orders = 0;

  constructor(private readonly maxPackets = MAX_WAITING_PACKETS) {}

  /** When the next packet leaves, ns; +∞ when none waits. */
  get nextDueNs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.heap[0]?.dueNs ?? Number.POSITIVE_INFINITY);
  }

  /** A copy of the packet that waits until then; null when there is no room for it. */
  add(packet: Uint8Array, dueNs: number): Waiting<Owner> | null {
    const waiting = packet.length <= MAX_WAITING_BYTES ? this.take() : null;
    if (waiting === null) {
      return null;
    }
    if (waiting.packet.length !== packet.length) {
      waiting.packet = waiting.memory.subarray(0, packet.length); // a view, and only where lengths change
    }
    waiting.packet.set(packet);
    waiting.dueNs = dueNs;
    waiting.order = this.orders++;
    waiting.isCopy = waiting.isCancelled = false;
    this.push(waiting);
    return waiting;
  }

  /** The packet that leaves next, if it is due; give it back with `release`. */
  takeDue(nowNs: number): Waiting<Owner> | null {
    return this.nextDueNs <= nowNs ? this.pop() : null;
  }

  release(waiting: Waiting<Owner>): void {
    waiting.owner = null;
    this.free.push(waiting);
  }

  private take(): Waiting<Owner> | null {
    if (this.free.length === 0 && this.made < this.maxPackets) {
      this.makeBlock();
    }
    return this.free.pop() ?? null;
  }

  private makeBlock(): void {
    const count = Math.min(BLOCK_PACKETS, this.maxPackets - this.made);
    const block = new Uint8Array(count * MAX_WAITING_BYTES);
    for (let i = count - 1; i >= 0; i--) {
      const memory = block.subarray(i * MAX_WAITING_BYTES, (i + 1) * MAX_WAITING_BYTES);
      this.free.push({
        packet: memory,
        memory,
        owner: null,
        givenNs: 0,
        dueNs: 0,
        order: 0,
        isCopy: false,
        isCancelled: false,
      });
    }
    this.made += count;
  }

  private push(waiting: Waiting<Owner>): void {
    const { heap } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Waiting<Owner>;
      if (isBefore(above, waiting)) {
        break;
      }
      heap[at] = above;
      at = parent;
    }
    heap[at] = waiting;
  }

  private pop(): Waiting<Owner> {
    const { heap } = this;
    const first = heap[0] as Waiting<Owner>;
    const last = heap[--this.size] as Waiting<Owner>;
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && isBefore(heap[child + 1] as Waiting<Owner>, heap[child] as Waiting<Owner>)) {
        child++;
      }
      if (isBefore(last, heap[child] as Waiting<Owner>)) {
        break;
      }
      heap[at] = heap[child] as Waiting<Owner>;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore<Owner>(a: Waiting<Owner>, b: Waiting<Owner>): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.order < b.order);
}
