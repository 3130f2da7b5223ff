/** A polled socket for SIP: its mark read back from the kernel, its messages against those of node:dgram. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import koffi from 'koffi';
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNs } from '../../../src/lib/clock.js';
import { loadLibc } from '../../../src/net/libc.js';
import { type MessageSocket, openMessageSocket } from '../../../src/net/message-socket.js';

const libc = await loadLibc();
let open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open) socket.close();
  open = [];
});

async function opened(address: string, port = 0): Promise<MessageSocket> {
  const socket = await openMessageSocket({ address, port, dscp: 24, bufferBytes: 65_536 });
  if (socket === null) throw new Error(`no socket on ${address}`);
  open.push(socket);
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
    expect(getsockopt(socket.handle, level, option, value, Int32Array.of(4))).toBe(0);
    expect(value[0]).toBe(0x60); // CS3, above the two bits of congestion notification
    expect(socket.receiveBytes).toBeGreaterThanOrEqual(65_536);
    expect(socket.sendBytes).toBeGreaterThanOrEqual(65_536);

    const other = await dgramOn(address);
    const heard = once(other, 'message');
    // Wire text has a character per byte, also above 127.
    expect(socket.send('h\u00e9llo', address, other.address().port)).toBeNull();
    const [data, from] = (await heard) as [Buffer, { address: string; port: number }];
    expect(data).toEqual(Buffer.from([0x68, 0xe9, 0x6c, 0x6c, 0x6f]));
    expect(from).toMatchObject({ address, port: socket.port });

    const beforeNs = monotonicNs();
    other.send(Buffer.alloc(60_000, 'x'), socket.port, address);
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
    await new Promise((resolve) => other.send('x', socket.port, '127.0.0.1', resolve));
    const sentNs = monotonicNs();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.receive()).not.toBeNull();
    expect(socket.arrivalNs - sentNs).toBeLessThan(150e6);
  });

  it('says why the kernel does not take a message, and what is no address', async () => {
    const socket = await opened('127.0.0.1');
    expect(socket.send('x', '127.0.0.1', 0)).toBe('no address: 127.0.0.1');
    expect(socket.send('x', '::1', 5060)).toBe('no address: ::1');
    expect(socket.send('x', 'pbx', 5060)).toBe('no address: pbx');
    expect(socket.send('x', '192.0.2.1', 5060)).toMatch(/^E[A-Z]+$/); // a socket on loopback reaches nothing else
    expect(socket.send('x'.repeat(65_508), '127.0.0.1', 5060)).toBe('message too long');
  });

  it('gives none for a port that is taken: who then binds it learns why', async () => {
    const taken = await opened('127.0.0.1');
    expect(await openMessageSocket({ address: '127.0.0.1', port: taken.port, dscp: 24, bufferBytes: 1 })).toBeNull();
    expect(await openMessageSocket({ address: 'pbx', port: 0, dscp: 24, bufferBytes: 1 })).toBeNull();
    expect(await openMessageSocket({ address: 'fe80::1', port: 0, dscp: 24, bufferBytes: 1 })).toBeNull();
  });
});
