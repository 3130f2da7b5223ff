/**
 * Room for the texts of many messages outside of the heap: thousands of short strings that live for half a minute each are
 * what a garbage collector does worst, and cost more than all of the parsing. A text lies in as many blocks of one size as it
 * needs, so that the room of short ones serves long ones as well; nothing is moved, and nothing grows beyond what was set aside.
 */
import { Buffer } from 'node:buffer';

/** Which message it was, and its text. */
export interface StoredText {
  readonly atNs: number;
  readonly isSent: boolean;
  /** Wire text; perhaps only the beginning. */
  readonly text: string;
  /** Of the whole message. */
  readonly byteLength: number;
}

/** A message of signalling without SDP fits one, an offer two. */
const BLOCK_BYTES = 512;
/** At the start of each block: where the next one of the text is (4), 0 in the last. */
const LINK_BYTES = 4;
/** Behind it in the first block: `atNs` (8), bytes of the text (4), of the whole message (4), sent (4). */
const HEAD_BYTES = 20;

export class TextStore {
  /** Bytes of the blocks in use. */
  usedBytes = 0;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private readonly free: number[] = [];
  /** What was never used begins here. The first block stays empty: a link to it means that there is none. */
  private end = BLOCK_BYTES;

  /** @param maxBytes set aside at once; the system gives memory to what is used of it */
  constructor(maxBytes: number) {
    this.bytes = Buffer.from(new ArrayBuffer(BLOCK_BYTES + maxBytes));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Keeps at most `maxLength` characters; gives where, or -1 when there is no room. */
  add(text: string, maxLength: number, atNs: number, isSent: boolean): number {
    const length = Math.min(text.length, maxLength);
    const count = Math.ceil((HEAD_BYTES + length) / (BLOCK_BYTES - LINK_BYTES));
    if (this.freeBytes < count * BLOCK_BYTES) return -1;
    const { view, bytes } = this;
    const first = this.take();
    view.setFloat64(first + LINK_BYTES, atNs);
    view.setUint32(first + LINK_BYTES + 8, length);
    view.setUint32(first + LINK_BYTES + 12, text.length);
    view.setUint32(first + LINK_BYTES + 16, isSent ? 1 : 0);
    let written = 0;
    let start = first + LINK_BYTES + HEAD_BYTES;
    for (let block = first; ;) {
      const part = Math.min(length - written, block + BLOCK_BYTES - start);
      bytes.write(part === text.length ? text : text.slice(written, written + part), start, part, 'latin1');
      written += part;
      const next = written < length ? this.take() : 0;
      view.setUint32(block, next);
      if (next === 0) return first;
      block = next;
      start = next + LINK_BYTES;
    }
  }

  read(at: number): StoredText {
    const { view, bytes } = this;
    const length = view.getUint32(at + LINK_BYTES + 8);
    let text = '';
    for (let block = at, start = at + LINK_BYTES + HEAD_BYTES; block !== 0;) {
      const end = Math.min(block + BLOCK_BYTES, start + length - text.length);
      text += bytes.toString('latin1', start, end);
      block = view.getUint32(block);
      start = block + LINK_BYTES;
    }
    return {
      atNs: view.getFloat64(at + LINK_BYTES),
      isSent: view.getUint32(at + LINK_BYTES + 16) === 1,
      text,
      byteLength: view.getUint32(at + LINK_BYTES + 12),
    };
  }

  /** Its blocks may be used for other texts. */
  release(at: number): void {
    for (let block = at; block !== 0; block = this.view.getUint32(block)) {
      this.free.push(block);
      this.usedBytes -= BLOCK_BYTES;
    }
  }

  private get freeBytes(): number {
    return this.free.length * BLOCK_BYTES + this.bytes.length - this.end;
  }

  /** A block; the caller knows that there is one. */
  private take(): number {
    this.usedBytes += BLOCK_BYTES;
    const known = this.free.pop();
    if (known !== undefined) return known;
    this.end += BLOCK_BYTES;
    return this.end - BLOCK_BYTES;
  }
}
