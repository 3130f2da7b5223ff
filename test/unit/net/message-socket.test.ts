/** A socket for SIP: its mark read back from the kernel, its messages against those of node:dgram, alone and over the transport. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import koffi from 'koffi';
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNs } from '../../../src/lib/clock.js';
import { loadLibc } from '../../../src/net/libc.js';
import { openUdp } from '../../../src/sip/transport/udp.js';
import { type MessageSocket, openMessageSocket } from '../../../src/net/message-socket.js';

const libc = await loadLibc();
let open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.map((socket) => socket.close()));
  open = [];
});

async function opened(address: string, port = 0): Promise<MessageSocket> {
  const socket = await openMessageSocket({ address, port, dscp: 24 });
  if (socket === null) throw new Error(`no socket on ${address}`);
  open.push({ close: () => libc?.close(socket.fd) });
  return socket;
}

async function dgramOn(address: string) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  open.push(socket);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

async function received(socket: MessageSocket): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    const data = socket.receive();
    if (data !== null) return Buffer.from(data).toString('latin1');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('nothing came');
}

describe.skipIf(libc === null)('openMessageSocket', () => {
  it.each([
    ['127.0.0.1', 0, 1],
    ['::1', 41, 67],
  ])('%s: the kernel knows the mark; what goes and comes is what dgram sees', async (address, level, option) => {
    const socket = await opened(address);
    const value = new Int32Array(1);
    const getsockopt = koffi.load(null).func('int getsockopt(int, int, int, void *, void *)');
    expect(getsockopt(socket.fd, level, option, value, Int32Array.of(4))).toBe(0);
    expect(value[0]).toBe(0x60); // CS3, above the two bits of congestion notification

    const other = await dgramOn(address);
    const heard = once(other, 'message');
    // Wire text has a character per byte, also above 127.
    expect(socket.send('h\u00e9llo', address, other.address().port)).toBe(true);
    const [data, from] = (await heard) as [Buffer, { address: string; port: number }];
    expect(data).toEqual(Buffer.from([0x68, 0xe9, 0x6c, 0x6c, 0x6f]));
    expect(from).toMatchObject({ address });

    const beforeNs = monotonicNs();
    other.send(Buffer.alloc(60_000, 'x'), from.port, address);
    expect(await received(socket)).toBe('x'.repeat(60_000));
    expect(socket).toMatchObject({ host: address, sourcePort: other.address().port });
    expect(socket.arrivalNs).toBeGreaterThanOrEqual(beforeNs);
    expect(socket.arrivalNs).toBeLessThanOrEqual(monotonicNs());
    expect(socket.receive()).toBeNull();
  });

  it('notes when a message came, however late it is taken', async () => {
    const socket = await opened('127.0.0.1');
    expect(socket.receive()).toBeNull();
    const other = await dgramOn('127.0.0.1');
    const port = await portOf(socket, other);
    await new Promise((resolve) => other.send('x', port, '127.0.0.1', resolve));
    const sentNs = monotonicNs();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.receive()).not.toBeNull();
    expect(socket.arrivalNs - sentNs).toBeLessThan(150e6);
  });

  it('notes it as well for a message that came while the ones before it were handled', async () => {
    const socket = await opened('127.0.0.1');
    const other = await dgramOn('127.0.0.1');
    const port = await portOf(socket, other);
    const send = () => new Promise((resolve) => other.send('x', port, '127.0.0.1', resolve));
    await send();
    expect(await received(socket)).toBe('x');
    await send();
    const sentNs = monotonicNs();
    await new Promise((resolve) => setTimeout(resolve, 300));
    while (socket.receive() === null); // the end of the batch before it may be told first
    expect(socket.arrivalNs - sentNs).toBeLessThan(150e6);
  });

  it('says of what the kernel does not take that it is not sent', async () => {
    const socket = await opened('127.0.0.1');
    const sent = (text: string, address: string, port: number): boolean => socket.send(text, address, port);
    expect(sent('x', '127.0.0.1', 9)).toBe(true);
    expect([sent('x', '127.0.0.1', 0), sent('x', '::1', 9), sent('x', 'pbx', 9)]).toEqual([false, false, false]);
    expect([sent('x', '192.0.2.1', 9), sent('x'.repeat(65_508), '127.0.0.1', 9)]).toEqual([false, false]);
  });

  it('gives none for a port that is taken: who then binds it learns why', async () => {
    const socket = await opened('127.0.0.1');
    const taken = await portOf(socket, await dgramOn('127.0.0.1'));
    expect(await openMessageSocket({ address: '127.0.0.1', port: taken, dscp: 24 })).toBeNull();
    expect(await openMessageSocket({ address: 'pbx', port: 0, dscp: 24 })).toBeNull();
    expect(await openMessageSocket({ address: 'fe80::1', port: 0, dscp: 24 })).toBeNull();
  });

  it('takes many at once, in order, from whom each came', async () => {
    const socket = await opened('127.0.0.1');
    const [a, b] = [await dgramOn('127.0.0.1'), await dgramOn('127.0.0.1')];
    const port = await portOf(socket, a);
    // More than fit one batch, and then as many as fit it exactly.
    for (const [from, count] of [
      [a, 40],
      [b, 24],
    ] as const)
      for (let i = 0; i < count; i++) await new Promise((resolve) => from.send(`${i}`, port, '127.0.0.1', resolve));
    const seen: [string, number][] = [];
    for (let data = socket.receive(); data !== null; data = socket.receive())
      seen.push([Buffer.from(data).toString(), socket.sourcePort]);
    expect(seen).toEqual([
      ...Array.from({ length: 40 }, (_, i) => [`${i}`, a.address().port]),
      ...Array.from({ length: 24 }, (_, i) => [`${i}`, b.address().port]),
    ]);
  });

  it('sends together what was gathered; what the kernel refuses of it goes the way of dgram, and is told', async () => {
    const native = await openMessageSocket({ address: '127.0.0.1', port: 0, dscp: 24 });
    if (native === null) throw new Error('no socket');
    const transport = await openUdp({ address: '127.0.0.1', port: 0, native });
    open.push(transport);
    const other = await dgramOn('127.0.0.1');
    const heard: string[] = [];
    other.on('message', (data) => heard.push(data.toString('latin1')));
    const failed = new Promise<string>((resolve) => {
      transport.onError = (host) => resolve(host);
    });
    transport.gather();
    transport.send('first', '127.0.0.1', other.address().port);
    transport.send('nowhere', '192.0.2.1', 9); // a socket on loopback reaches nothing else
    // More than there is room for in a batch: the first of them do not wait.
    for (let i = 0; i < 70; i++) transport.send(`h\u00e9 ${i}`, '127.0.0.1', other.address().port);
    transport.release();
    transport.send('last', '127.0.0.1', other.address().port);
    expect(await failed).toBe('192.0.2.1');
    await expect.poll(() => heard.length).toBe(72);
    expect(heard).toEqual(['first', ...Array.from({ length: 70 }, (_, i) => `h\u00e9 ${i}`), 'last']);
  });
});

/** Where the socket is bound, as one sees it who hears from it. */
async function portOf(socket: MessageSocket, other: Awaited<ReturnType<typeof dgramOn>>): Promise<number> {
  const heard = once(other, 'message');
  socket.send('x', '127.0.0.1', other.address().port);
  const [, from] = (await heard) as [Buffer, { port: number }];
  return from.port;
}
