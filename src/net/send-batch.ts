/**
 * Datagrams of one socket that go to the kernel together, by one `sendmmsg`: a system call for each would cost as much as all
 * else that is done for a message, and would wake the far end for each of them.
 */
import { Buffer } from 'node:buffer';
import { type Libc, MSG_DONTWAIT } from './libc.js';
import { SendHeaders } from './send-headers.js';

export class SendBatch {
  /** Datagrams that wait. */
  count = 0;
  private readonly data: Buffer;
  private readonly headers: SendHeaders;
  private readonly dataAddress: number;
  private used = 0;

  /** @param dataBytes room for all of them together */
  constructor(
    private readonly libc: Libc,
    private readonly slots: number,
    dataBytes: number,
  ) {
    this.data = Buffer.from(new ArrayBuffer(dataBytes));
    this.headers = new SendHeaders(libc, slots);
    this.dataAddress = Number(libc.address(this.data)); // below 2^48: exact
  }

  /** Adds wire text (one character a byte); false: there is no room before a `flush`. */
  add(text: string, sockaddr: Uint8Array): boolean {
    const { count, used } = this;
    if (count === this.slots || used + text.length > this.data.length) {
      return false;
    }
    const bytes = this.data.write(text, used, 'latin1');
    this.headers.set(count, this.dataAddress + used, bytes, sockaddr);
    this.used = used + bytes;
    this.count++;
    return true;
  }

  /** Hands all to the kernel. @param onRefused told of each that it did not take: which one it was, in the order of `add` */
  flush(handle: number, onRefused: (index: number) => void): void {
    const { count, headers, libc } = this;
    this.count = this.used = 0;
    for (let done = 0; done < count;) {
      const taken = libc.sendmmsg(handle, headers.from(done), count - done, MSG_DONTWAIT);
      if (taken > 0) {
        done += taken;
      } else {
        onRefused(done++);
      }
    }
  }
}
