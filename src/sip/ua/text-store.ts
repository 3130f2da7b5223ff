/**
 * Room for the texts of many messages outside of the heap: thousands of short strings that live for half a minute each are
 * what a garbage collector does worst, and cost more than all of the parsing. Blocks of powers of two, each size with the
 * blocks of it that were given back; nothing is moved, and nothing grows beyond what was set aside.
 */

/** Which message it was, in front of its text. */
export interface StoredText {
  readonly atNs: number;
  readonly isSent: boolean;
  /** Wire text; perhaps only the beginning. */
  readonly text: string;
  /** Of the whole message. */
  readonly byteLength: number;
}

/** `atNs` (8), bytes of the text (4), of the whole message (4), sent (4), class of the block (4). */
const HEAD_BYTES = 24;
const SMALLEST_BITS = 8;

export class TextStore {
  /** Bytes of the blocks in use. */
  usedBytes = 0;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private readonly free: number[][] = [];
  private end = 0;

  /** @param maxBytes set aside at once; the system gives memory to what is used of it */
  constructor(maxBytes: number) {
    this.bytes = Buffer.from(new ArrayBuffer(maxBytes));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Keeps at most `maxLength` characters; gives where, or -1 when there is no room. */
  add(text: string, maxLength: number, atNs: number, isSent: boolean): number {
    const length = Math.min(text.length, maxLength);
    const bits = Math.max(SMALLEST_BITS, 32 - Math.clz32(HEAD_BYTES + length - 1));
    const at = this.take(bits);
    if (at < 0) return -1;
    const { view } = this;
    view.setFloat64(at, atNs);
    view.setUint32(at + 8, length);
    view.setUint32(at + 12, text.length);
    view.setUint32(at + 16, isSent ? 1 : 0);
    view.setUint32(at + 20, bits);
    this.bytes.write(text, at + HEAD_BYTES, length, 'latin1');
    return at;
  }

  read(at: number): StoredText {
    const { view } = this;
    const start = at + HEAD_BYTES;
    return {
      atNs: view.getFloat64(at),
      isSent: view.getUint32(at + 16) === 1,
      text: this.bytes.toString('latin1', start, start + view.getUint32(at + 8)),
      byteLength: view.getUint32(at + 12),
    };
  }

  /** The block may be used for another text. */
  release(at: number): void {
    const bits = this.view.getUint32(at + 20);
    (this.free[bits] ??= []).push(at);
    this.usedBytes -= 2 ** bits;
  }

  private take(bits: number): number {
    const size = 2 ** bits;
    let at = this.free[bits]?.pop() ?? -1;
    if (at < 0) {
      if (this.end + size > this.bytes.length) return -1;
      at = this.end;
      this.end += size;
    }
    this.usedBytes += size;
    return at;
  }
}
