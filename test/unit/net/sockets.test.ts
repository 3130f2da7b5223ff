/** All back ends through the same tests, over 127.0.0.1. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNs } from '../../../src/lib/clock.js';
import {
  addressNumber,
  formatIpv4,
  MAX_DATAGRAM_BYTES,
  NetError,
  parseIpv4,
  type DatagramSockets,
} from '../../../src/net/datagram.js';
import { DgramSockets } from '../../../src/net/dgram.js';
import { LibcSockets, loadLibc, type Libc } from '../../../src/net/libc.js';
import { SubmissionRing } from '../../../src/net/submission-ring.js';

const HOST = '127.0.0.1';
const FLOOD_LIMIT = 20_000;
const libc = await loadLibc();
const backends: [string, (() => DatagramSockets) | null][] = [
  ['io_uring', hasRing() ? () => new LibcSockets(libc!, { ring: true }) : null],
  ['libc', libc === null ? null : () => new LibcSockets(libc)],
  ['dgram', () => new DgramSockets()],
];

if (libc === null) {
  process.stderr.write('libc cannot be loaded here (it needs 64-bit Linux and koffi): its tests are left out\n');
} else if (!hasRing()) {
  process.stderr.write('the kernel gives no io_uring here: its tests are left out\n');
}

function hasRing(): boolean {
  const ring = libc === null ? null : SubmissionRing.open(libc, 1);
  ring?.close();
  return ring !== null;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** The next datagram's length; gives the event loop turns until it is there. */
async function next(sockets: DatagramSockets, handle: number): Promise<number> {
  for (let i = 0; i < 2000; i++) {
    const length = sockets.receive(handle);
    if (length >= 0) return length;
    await pause(1);
  }
  throw new Error('no datagram came within seconds');
}

/** Reads what comes until there are `count`. */
async function drainTo(received: string[], sockets: DatagramSockets, handle: number, count: number): Promise<void> {
  while (received.length < count) {
    const length = await next(sockets, handle);
    received.push(`${sockets.data[0]} ${length}`);
  }
}

describe.each(backends.filter(([, create]) => create !== null))('%s', (name, factory) => {
  const create = factory ?? (() => new DgramSockets());
  const opened: { sockets: DatagramSockets; handle: number }[] = [];
  const received: string[] = [];

  async function open(sockets: DatagramSockets): Promise<{ handle: number; port: number }> {
    for (let attempt = 0; ; attempt++) {
      const port = await freePort();
      try {
        const handle = await sockets.open(HOST, port);
        opened.push({ sockets, handle });
        return { handle, port };
      } catch (error) {
        if (attempt === 10) throw error;
      }
    }
  }

  afterEach(() => {
    for (const { sockets, handle } of opened.splice(0)) sockets.close(handle);
  });

  it('says which it is, and −1 where nothing waits', async () => {
    const sockets = create();
    const { handle } = await open(sockets);
    expect(sockets.backend).toBe(name);
    expect(sockets.receive(handle)).toBe(-1);
  });

  it('sends and receives, with content, source and arrival time', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    const payload = Uint8Array.from({ length: 172 }, (_, i) => (i * 37) & 0xff);
    const before = monotonicNs();
    expect(sockets.send(a.handle, payload, sockets.destination(HOST, b.port))).toBe(true);
    expect(await next(sockets, b.handle)).toBe(172);
    const after = monotonicNs();
    expect([...sockets.data.subarray(0, 172)]).toEqual([...payload]);
    expect(formatIpv4(sockets.sourceAddress)).toBe(HOST);
    expect(sockets.sourcePort).toBe(a.port);
    // The wall clock may be slewed between the two readings of its offset: a millisecond of grace.
    expect(sockets.arrivalNs).toBeGreaterThan(before - 1e6);
    expect(sockets.arrivalNs).toBeLessThan(after + 1e6);
  });

  it('speaks IPv6, and knows its sources apart', async () => {
    const sockets = create();
    const places = await Promise.all([freePort(), freePort()]);
    const [a = 0, b = 0] = await Promise.all(places.map((port) => sockets.open('::1', port)));
    opened.push({ sockets, handle: a }, { sockets, handle: b });
    expect(sockets.send(a, Uint8Array.of(7, 8), sockets.destination('::1', places[1] ?? 0))).toBe(true);
    expect(await next(sockets, b)).toBe(2);
    expect([...sockets.data.subarray(0, 2)]).toEqual([7, 8]);
    expect(sockets.sourceAddress).toBe(addressNumber('0:0:0:0:0:0:0:1'));
    expect(sockets.sourceAddress).not.toBe(addressNumber('::2'));
    expect(sockets.sourcePort).toBe(places[0]);
  });

  it('keeps order, and the caller may patch its packet as soon as it is sent', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    const packet = new Uint8Array(1);
    const destination = sockets.destination(HOST, b.port);
    for (let i = 0; i < 40; i++) {
      packet[0] = i;
      sockets.send(a.handle, packet, destination);
    }
    const received: number[] = [];
    while (received.length < 40) {
      await next(sockets, b.handle);
      received.push(sockets.data[0] ?? -1);
    }
    expect(received).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('sends what is queued at the latest when it is submitted, in order, and tells each sender', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    const packet = new Uint8Array(200);
    const destination = sockets.destination(HOST, b.port);
    const told: string[] = [];
    for (let i = 0; i < 150; i++) {
      packet[0] = i; // its memory is free at once
      const onSent = (taken: boolean, data: Uint8Array, length: number): void =>
        void told.push(`${taken} ${data[0]} ${length}`);
      sockets.queue(a.handle, packet.subarray(0, 1 + i), destination, { onSent });
      if (i % 60 === 59) sockets.submit(); // the ring of dgram holds no more
      if (i % 60 === 59) await drainTo(received, sockets, b.handle, i + 1);
    }
    sockets.submit();
    await drainTo(received, sockets, b.handle, 150);
    const all = Array.from({ length: 150 }, (_, i) => i);
    expect(told).toEqual(all.map((i) => `true ${i} ${1 + i}`));
    expect(received.splice(0)).toEqual(all.map((i) => `${i} ${1 + i}`));
  });

  it('sends more than may wait, and what is too long to wait', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    const destination = sockets.destination(HOST, b.port);
    const told: number[] = [];
    const sender = { onSent: (taken: boolean, _: Uint8Array, length: number) => void told.push(taken ? length : -1) };
    const lengths = [
      ...Array.from({ length: 55 }, () => 172),
      MAX_DATAGRAM_BYTES,
      MAX_DATAGRAM_BYTES + 1,
      4000,
      7,
      8,
      9,
    ];
    for (const length of lengths) sockets.queue(a.handle, new Uint8Array(length), destination, sender);
    sockets.submit();
    expect(told.toSorted((x, y) => x - y)).toEqual(lengths.toSorted((x, y) => x - y));
    const seen: number[] = [];
    while (seen.length < lengths.length) seen.push(await next(sockets, b.handle));
    const cut = lengths.map((length) => Math.min(length, MAX_DATAGRAM_BYTES));
    expect(seen.toSorted((x, y) => x - y)).toEqual(cut.toSorted((x, y) => x - y));
  });

  it('tells the sender of what the kernel did not take', async () => {
    const sockets = create();
    const a = await open(sockets);
    const told: boolean[] = [];
    const sender = { onSent: (taken: boolean) => void told.push(taken) };
    const nowhere = sockets.destination('255.255.255.255', 9); // all, which a socket must ask for
    sockets.queue(a.handle, Uint8Array.of(1), nowhere, sender);
    sockets.submit();
    await expect.poll(() => sockets.sendErrors() + told.filter((taken) => !taken).length).toBe(1);
    expect(told).toHaveLength(1);
  });

  it('gives all of each socket that is fetched, whether more or less is there', async () => {
    const sockets = create();
    const sender = await open(sockets);
    const counts = [0, 1, 3, 4, 9, 2];
    const receivers = await Promise.all(counts.map(() => open(sockets)));
    receivers.forEach(({ port }, socket) => {
      for (let i = 0; i < (counts[socket] ?? 0); i++) {
        sockets.send(sender.handle, Uint8Array.of(socket, i), sockets.destination(HOST, port));
      }
    });
    await pause(20); // the callbacks of dgram
    for (const { handle } of receivers) sockets.fetch(handle, 4);
    sockets.submit();
    const seen = receivers.map(({ handle }) => {
      const packets: string[] = [];
      while (sockets.receive(handle) >= 0)
        packets.push(`${sockets.data[0]}:${sockets.data[1]} from ${sockets.sourcePort}`);
      return packets;
    });
    expect(seen).toEqual(
      counts.map((count, socket) => Array.from({ length: count }, (_, i) => `${socket}:${i} from ${sender.port}`)),
    );
    expect(receivers.map(({ handle }) => sockets.drops(handle) ?? 0)).toEqual(counts.map(() => 0));
  });

  it('reads what there was no room to fetch', async () => {
    const sockets = create();
    const { handle, port } = await open(sockets);
    const [other, last] = [await open(sockets), await open(sockets)];
    for (const to of [port, last.port]) {
      for (let i = 0; i < 6; i++) sockets.send(other.handle, Uint8Array.of(i), sockets.destination(HOST, to));
    }
    await pause(20);
    sockets.fetch(handle, 250);
    sockets.fetch(last.handle, 7); // one more than there is room for
    sockets.submit();
    for (const from of [handle, last.handle]) {
      const read: number[] = [];
      while (sockets.receive(from) >= 0) read.push(sockets.data[0] ?? -1);
      expect(read).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  it('takes an empty datagram for one', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    sockets.send(a.handle, new Uint8Array(0), sockets.destination(HOST, b.port));
    expect(await next(sockets, b.handle)).toBe(0);
  });

  it('cuts a datagram that is too long', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    sockets.send(a.handle, new Uint8Array(5000).fill(7), sockets.destination(HOST, b.port));
    sockets.send(a.handle, Uint8Array.of(9), sockets.destination(HOST, b.port));
    expect(await next(sockets, b.handle)).toBe(MAX_DATAGRAM_BYTES);
    expect(sockets.data.every((byte) => byte === 7)).toBe(true);
    expect(await next(sockets, b.handle)).toBe(1);
    expect(sockets.data[0]).toBe(9);
  });

  it('a refused datagram of ours does not hide what comes', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    const nobody = sockets.destination(HOST, await freePort());
    for (let i = 0; i < 3; i++) sockets.send(a.handle, Uint8Array.of(1), nobody);
    await pause(20);
    sockets.send(b.handle, Uint8Array.of(5), sockets.destination(HOST, a.port));
    expect(await next(sockets, a.handle)).toBe(1);
    expect(sockets.data[0]).toBe(5);
  });

  it('a send that fails is false at once, or counted', async () => {
    const sockets = create();
    const { handle, port } = await open(sockets);
    sockets.send(handle, Uint8Array.of(1), sockets.destination(HOST, port));
    await next(sockets, handle);
    expect(sockets.sendErrors()).toBe(0);
    // More than a datagram of IPv4 can hold.
    const taken = [1, 2].map(() => sockets.send(handle, new Uint8Array(70_000), sockets.destination(HOST, port)));
    await expect.poll(() => sockets.sendErrors()).toBe(taken.filter(Boolean).length);
    expect(taken).toEqual(name === 'dgram' ? [true, true] : [false, false]);
  });

  it.each([
    ['address-in-use', HOST, null],
    ['address-not-available', '192.0.2.1', 0],
  ])('refuses with %s', async (code, address, port) => {
    const sockets = create();
    const taken = await open(sockets);
    const refused = sockets.open(address, port ?? taken.port);
    await expect(refused).rejects.toBeInstanceOf(NetError);
    await expect(refused).rejects.toMatchObject({ code });
  });

  it('rejects an address that is none, rather than throw before it gives a promise', async () => {
    const refused = create().open('nowhere.invalid', 4000);
    await expect(refused).rejects.toBeInstanceOf(NetError);
  });

  it('closes, also twice, and the port is free again', async () => {
    const sockets = create();
    const { handle, port } = await open(sockets);
    opened.splice(0);
    sockets.close(handle);
    await pause(20);
    const again = await sockets.open(HOST, port);
    sockets.close(handle === again ? -1 : handle);
    expect(sockets.send(again, Uint8Array.of(1), sockets.destination(HOST, port))).toBe(true);
    expect(await next(sockets, again)).toBe(1);
    sockets.close(again);
  });

  it('counts what overflows when nobody reads', async () => {
    const sockets = create();
    const [a, b] = [await open(sockets), await open(sockets)];
    const destination = sockets.destination(HOST, b.port);
    const packet = new Uint8Array(1400);
    let sent = 0;
    // libc learns its drops with the next packet that it reads; the ring of dgram fills by callbacks.
    for (; sent < FLOOD_LIMIT; sent++) {
      sockets.send(a.handle, packet, destination);
      if (sent % 50 === 49 && name === 'dgram') {
        await pause(0);
        if ((sockets.drops(b.handle) ?? 0) > 0) break;
      }
    }
    await pause(50);
    let received = 0;
    while (sockets.receive(b.handle) >= 0) received++;
    sockets.send(a.handle, packet, destination);
    await next(sockets, b.handle);
    expect(received).toBeGreaterThan(0);
    expect(sockets.drops(b.handle)).toBeGreaterThan(0);
    // The kernel counts all (or one more that came from elsewhere); our ring knows nothing of what was dropped before it.
    const uncounted = sent - received - (sockets.drops(b.handle) ?? 0);
    expect(uncounted).toBeGreaterThanOrEqual(-5);
    expect(name === 'dgram' ? 0 : uncounted).toBeLessThanOrEqual(0);
  });
});

describe.skipIf(libc === null)('kernel arrival times', () => {
  it.each(['127.0.0.1', '::1'])('marks what it sends from %s, and sees the mark of what comes', async (host) => {
    const [marked, plain] = [new LibcSockets(libc!, { dscp: 46 }), new LibcSockets(libc!)];
    const a = await marked.open(host, await freePort());
    const port = await freePort();
    const receiver = await plain.open(host, port);
    marked.send(a, new Uint8Array(20), marked.destination(host, port));
    expect(await next(plain, receiver)).toBe(20);
    expect(plain.dscp).toBe(46);
    marked.close(a);
    plain.close(receiver);
  });

  it('counts as dropped what it took with another packet and nobody read before the next socket had its turn', async () => {
    const sockets = new LibcSockets(libc!);
    const [one, two] = [await freePort(), await freePort()];
    const [a, b] = [await sockets.open(HOST, one), await sockets.open(HOST, two)];
    for (let i = 0; i < 3; i++) sockets.send(b, Uint8Array.of(i), sockets.destination(HOST, one));
    expect(await next(sockets, a)).toBe(1);
    expect(sockets.receive(b)).toBe(-1);
    expect([sockets.drops(a), sockets.drops(b)]).toEqual([2, 0]);
    expect(sockets.receive(a)).toBe(-1);
    sockets.close(a);
    sockets.close(b);
  });

  it('tell when a datagram came, however late it is read', async () => {
    const sockets = new LibcSockets(libc!);
    const port = await freePort();
    const handle = await sockets.open(HOST, port);
    // The kernel begins to stamp a while after the host's first socket has asked for it; until then it says the time of reading.
    await expect
      .poll(
        async () => {
          sockets.send(handle, Uint8Array.of(1), sockets.destination(HOST, port));
          const sentNs = monotonicNs();
          await pause(300);
          const readNs = monotonicNs();
          sockets.receive(handle);
          return sockets.arrivalNs - sentNs < readNs - sockets.arrivalNs; // nearer to the send than to the read
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    sockets.close(handle);
  });

  it('a preemption between the two readings of the clocks is no step of the wall clock', () => {
    let calls = 0;
    const slow = {
      ...libc!,
      clockGettime: (...args: readonly unknown[]): number => {
        const result = libc!.clockGettime(...args);
        const untilNs = monotonicNs() + (calls++ % 3 === 0 ? 10e6 : 0);
        while (monotonicNs() < untilNs);
        return result;
      },
    };
    const sockets = new LibcSockets(slow);
    for (let i = 0; i < 5; i++) expect(sockets.sampleClock()).toBe(false);
  });

  it.each([3_600_000, -3_600_000, 2])('a step of %d ms is seen once', (stepMs) => {
    let offset = 0n;
    const stepping = {
      ...libc!,
      clockGettime: (id: unknown, out: unknown): number => {
        const result = libc!.clockGettime(id, out);
        const timespec = out as BigInt64Array;
        const ns = (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n) + offset;
        timespec[0] = ns / 1_000_000_000n;
        timespec[1] = ns % 1_000_000_000n;
        return result;
      },
    };
    const sockets = new LibcSockets(stepping);
    expect(sockets.sampleClock()).toBe(false);
    offset = BigInt(stepMs) * 1_000_000n;
    let warnings = 0;
    expect(sockets.sampleClock(() => void warnings++)).toBe(true);
    expect(sockets.sampleClock(() => void warnings++)).toBe(false);
    expect(warnings).toBe(1);
  });
});

describe('addressNumber', () => {
  it('is the 32 bits of IPv4, also where it is written as IPv6', () => {
    expect(addressNumber('192.0.2.1')).toBe(0xc000_0201);
    expect(addressNumber('::ffff:192.0.2.1')).toBe(0xc000_0201);
    expect(addressNumber('pbx')).toBeNull();
    expect(addressNumber('fe80::zz')).toBeNull();
  });

  it('is a whole number of its own for each IPv6 address, never one of IPv4', () => {
    const numbers = new Set<number>();
    for (let i = 0; i < 65_536; i++) {
      const number = addressNumber(`2001:db8::${i.toString(16)}`) ?? 0;
      expect(Number.isSafeInteger(number)).toBe(true);
      expect(number).toBeGreaterThanOrEqual(0x1_0000_0000);
      numbers.add(number);
    }
    expect(numbers.size).toBe(65_536);
  });
});

describe('parseIpv4', () => {
  it.each([
    ['127.0.0.1', 0x7f00_0001],
    ['255.255.255.255', 0xffff_ffff],
    ['0.0.0.0', 0],
    ['256.0.0.1', null],
    ['1.2.3', null],
    ['1.2.3.4.5', null],
    ['1.2.3.', null],
    ['a.b.c.d', null],
    ['::1', null],
    ['', null],
  ])('%s', (text, value) => expect(parseIpv4(text)).toBe(value));

  it.each(['127.0.0.1', '255.255.255.255', '0.0.0.0', '192.0.2.130'])('formatIpv4 gives %s back', (text) =>
    expect(formatIpv4(parseIpv4(text) ?? -1)).toBe(text),
  );
});

describe.skipIf(!hasRing())('a submission ring', () => {
  /** A kernel whose n-th call of io_uring_enter and all that follow are answered by `answer`. */
  const failingFrom = (n: number, answer: () => number): Libc => {
    let calls = 0;
    return {
      ...libc!,
      ioUringEnter: (...args) => (++calls < n ? libc!.ioUringEnter(...args) : answer()),
      errno: () => 16, // EBUSY
    };
  };
  /** Of opening: each operation is tried once. */
  const TRIALS = 2;

  it.each([
    ['is not allowed', { ...libc!, ioUringSetup: () => -1 }],
    ['cannot be mapped', { ...libc!, map: () => null }],
    ['does nothing', failingFrom(1, () => -1)],
  ])('that %s is not used', (_, kernel) => {
    expect(SubmissionRing.open(kernel, 8)).toBeNull();
    expect(new LibcSockets(kernel, { ring: true }).backend).toBe('libc');
  });

  it('that fails in a run loses what was queued, says so, and the sockets go on without it', async () => {
    const sockets = new LibcSockets(
      failingFrom(TRIALS + 1, () => -1),
      { ring: true },
    );
    expect(sockets.backend).toBe('io_uring');
    const port = await freePort();
    const handle = await sockets.open(HOST, port);
    const told: boolean[] = [];
    const sender = { onSent: (taken: boolean) => void told.push(taken) };
    for (const byte of [1, 2]) {
      sockets.queue(handle, Uint8Array.of(byte), sockets.destination(HOST, port), sender);
      sockets.fetch(handle, 4);
      sockets.submit();
    }
    expect(told).toEqual([false, true]);
    expect(sockets.backend).toBe('libc');
    expect(await next(sockets, handle)).toBe(1);
    expect(sockets.data[0]).toBe(2);
    sockets.close(handle);
  });

  it('may be interrupted, and may take less than it was given', async () => {
    let calls = 0;
    const kernel: Libc = {
      ...libc!,
      ioUringEnter: (call, fd, submitted, ...rest) =>
        ++calls % 2 === 0 ? -1 : libc!.ioUringEnter(call, fd, Math.min(submitted as number, 3), ...rest),
      errno: () => 4, // EINTR
    };
    const sockets = new LibcSockets(kernel, { ring: true });
    const port = await freePort();
    const handle = await sockets.open(HOST, port);
    let taken = 0;
    const sender = { onSent: (isTaken: boolean) => void (taken += isTaken ? 1 : 0) };
    for (let i = 0; i < 10; i++) sockets.queue(handle, Uint8Array.of(i), sockets.destination(HOST, port), sender);
    sockets.submit();
    expect(taken).toBe(10);
    for (let i = 0; i < 10; i++) {
      expect(sockets.receive(handle)).toBe(1);
      expect(sockets.data[0]).toBe(i);
    }
    sockets.close(handle);
  });

  it('counts as dropped what was fetched and not read before the next is submitted', async () => {
    const sockets = new LibcSockets(libc!, { ring: true });
    const port = await freePort();
    const handle = await sockets.open(HOST, port);
    for (let i = 0; i < 3; i++) sockets.send(handle, Uint8Array.of(i), sockets.destination(HOST, port));
    sockets.fetch(handle, 2);
    sockets.submit();
    sockets.submit();
    expect(sockets.drops(handle)).toBe(2);
    expect(sockets.receive(handle)).toBe(1);
    expect(sockets.data[0]).toBe(2);
    sockets.close(handle);
  });
});
