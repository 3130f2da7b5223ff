/**
 * A submission ring of Linux (io_uring): many sends and receives for one system call. What is submitted is done within that
 * call, since each operation here says MSG_DONTWAIT; nothing of it goes on in the background.
 */
import type { Libc } from './libc.js';

const SYSCALL = { setup: 425, enter: 426 } as const;
export const RING_OPERATION = { sendmsg: 9, recvmsg: 10 } as const;
const FEATURE_SINGLE_MMAP = 1;
const ENTER_GETEVENTS = 1;
const MSG_DONTWAIT = 0x40;
const EBADF = 9;
const EFAULT = 14;
const EINTR = 4;
const ECANCELED = 125;

/** `struct io_uring_params`, in 32-bit words. */
const PARAMS = { words: 30, sqEntries: 0, cqEntries: 1, features: 5, sqOffsets: 10, cqOffsets: 20 } as const;
const SQ_OFFSET = { tail: 1, mask: 2, array: 6 } as const;
const CQ_OFFSET = { head: 0, tail: 1, mask: 2, entries: 5 } as const;
/** Where the kernel lends the memory of a ring, by offset of the mapping. */
const MAP = { rings: 0, entries: 0x1000_0000 } as const;
/** `struct io_uring_sqe`, in 32-bit words. */
const SQE = { words: 16, operation: 0, fd: 1, address: 4, length: 6, flags: 7, userData: 8 } as const;
/** `struct io_uring_cqe`, in 32-bit words. */
const CQE = { words: 4, userData: 0, result: 2 } as const;
const TWO_32 = 0x1_0000_0000;

/** The memory that the kernel shares with us, as 32-bit words. */
interface Shared {
  readonly rings: Int32Array;
  readonly places: Places;
  readonly entries: Int32Array;
}

/** Where things stand in `rings`, in words. */
interface Places {
  readonly sqTail: number;
  readonly sqMask: number;
  readonly sqArray: number;
  readonly cqHead: number;
  readonly cqTail: number;
  readonly cqMask: number;
  readonly cqEntries: number;
}

export class SubmissionRing {
  /** By slot, after `submit`: bytes, or the negative errno. */
  readonly results: Int32Array;
  /** Slots that wait for `submit`. */
  private waiting = 0;
  /** False once the kernel has not done what was submitted: the ring is of no use any more. */
  works = true;

  private constructor(
    private readonly libc: Libc,
    private readonly fd: number,
    private readonly shared: Shared,
    slots: number,
  ) {
    this.results = new Int32Array(slots);
  }

  /**
   * Null where the kernel has no such rings or forbids them (containers often do), or where its ring does not do as it should.
   * @param slots operations at most in one `submit`
   */
  static open(libc: Libc, slots: number): SubmissionRing | null {
    const params = new Int32Array(PARAMS.words);
    const fd = libc.ioUringSetup(SYSCALL.setup, slots, params);
    if (fd < 0) {
      return null;
    }
    const shared = mapped(libc, fd, params);
    const ring = shared === null ? null : new SubmissionRing(libc, fd, shared, slots);
    if (ring === null || !ring.passesTrial()) {
      libc.close(fd);
      return null;
    }
    return ring;
  }

  /** What a slot does each time that it is pushed. @param header address of its `struct msghdr`, which outlives the ring */
  prepare(slot: number, operation: number, header: number): void {
    const { entries } = this.shared;
    const entry = slot * SQE.words;
    entries[entry + SQE.operation] = operation;
    entries[entry + SQE.address] = header % TWO_32;
    entries[entry + SQE.address + 1] = Math.floor(header / TWO_32);
    entries[entry + SQE.length] = 1;
    entries[entry + SQE.flags] = MSG_DONTWAIT;
    entries[entry + SQE.userData] = slot;
  }

  /** A slot takes its turn at the next `submit`, on this socket; not twice before it. */
  push(slot: number, socket: number): void {
    const { rings, entries } = this.shared;
    const { sqTail, sqMask, sqArray } = this.shared.places;
    entries[slot * SQE.words + SQE.fd] = socket;
    this.results[slot] = -ECANCELED; // until it is done
    const tail = rings[sqTail] ?? 0;
    rings[sqArray + (tail & sqMask)] = slot;
    rings[sqTail] = (tail + 1) | 0; // nobody looks before `submit`: the kernel keeps no thread for this ring
    this.waiting++;
  }

  /** Does all that was pushed. */
  submit(): void {
    const count = this.waiting;
    this.waiting = 0;
    let done = 0;
    for (let left = count; left > 0 && this.works;) {
      const taken = this.enter(left, 0, 0);
      this.works = taken > 0;
      left -= taken;
      done += this.reap();
    }
    while (done < count && this.works) {
      // No operation of ours waits for anything; should the kernel see it differently, then we do.
      this.works = this.enter(0, count - done, ENTER_GETEVENTS) >= 0;
      done += this.reap();
    }
  }

  close(): void {
    this.works = false;
    this.libc.close(this.fd);
  }

  /** The number of operations that were taken; below 0: an error. */
  private enter(submitted: number, awaited: number, flags: number): number {
    for (;;) {
      const taken = this.libc.ioUringEnter(SYSCALL.enter, this.fd, submitted, awaited, flags, null, 0);
      if (taken >= 0 || this.libc.errno() !== EINTR) {
        return taken;
      }
    }
  }

  /** Takes over what is done; gives how many. */
  private reap(): number {
    const { rings } = this.shared;
    const { cqHead, cqTail, cqMask, cqEntries } = this.shared.places;
    const head = rings[cqHead] ?? 0;
    const count = ((rings[cqTail] ?? 0) - head) | 0;
    for (let i = 0; i < count; i++) {
      const entry = cqEntries + ((head + i) & cqMask) * CQE.words;
      this.results[rings[entry + CQE.userData] ?? 0] = rings[entry + CQE.result] ?? 0;
    }
    rings[cqHead] = (head + count) | 0;
    return count;
  }

  /** Tried without a header and without a socket: each operation must come back and complain of either. */
  private passesTrial(): boolean {
    for (const operation of Object.values(RING_OPERATION)) {
      this.prepare(0, operation, 0);
      this.push(0, -1);
      this.submit();
      if (![-EBADF, -EFAULT].includes(this.results[0] ?? 0)) {
        return false;
      }
    }
    return true;
  }
}

/** Null: an old kernel, or no memory that may be locked. */
function mapped(libc: Libc, fd: number, params: Int32Array): Shared | null {
  const word = (index: number): number => params[index] ?? 0;
  if ((word(PARAMS.features) & FEATURE_SINGLE_MMAP) === 0) {
    return null;
  }
  const sqBytes = word(PARAMS.sqOffsets + SQ_OFFSET.array) + word(PARAMS.sqEntries) * 4;
  const cqBytes = word(PARAMS.cqOffsets + CQ_OFFSET.entries) + word(PARAMS.cqEntries) * CQE.words * 4;
  const rings = libc.map(fd, Math.ceil(Math.max(sqBytes, cqBytes) / 4) * 4, MAP.rings);
  const entries = libc.map(fd, word(PARAMS.sqEntries) * SQE.words * 4, MAP.entries);
  return rings === null || entries === null
    ? null
    : { rings: new Int32Array(rings), places: placesOf(params), entries: new Int32Array(entries) };
}

/** Filled in by the kernel; the masks too, since the memory of a ring does not change once it is there. */
function placesOf(params: Int32Array): Places {
  const word = (index: number): number => params[index] ?? 0;
  const place = (offset: number): number => word(offset) / 4;
  return {
    sqTail: place(PARAMS.sqOffsets + SQ_OFFSET.tail),
    sqMask: word(PARAMS.sqEntries) - 1,
    sqArray: place(PARAMS.sqOffsets + SQ_OFFSET.array),
    cqHead: place(PARAMS.cqOffsets + CQ_OFFSET.head),
    cqTail: place(PARAMS.cqOffsets + CQ_OFFSET.tail),
    cqMask: word(PARAMS.cqEntries) - 1,
    cqEntries: place(PARAMS.cqOffsets + CQ_OFFSET.entries),
  };
}
