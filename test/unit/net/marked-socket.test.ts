/** A code point on a UDP socket, read back from the kernel. */
import koffi from 'koffi';
import { afterEach, describe, expect, it } from 'vitest';
import { loadLibc } from '../../../src/net/libc.js';
import { openMarkedUdp } from '../../../src/net/marked-socket.js';
import { openUdp, type UdpTransport } from '../../../src/sip/transport/udp.js';

const libc = await loadLibc();
let open: UdpTransport[] = [];
afterEach(async () => {
  await Promise.all(open.map((transport) => transport.close()));
  open = [];
});

describe.skipIf(libc === null)('openMarkedUdp', () => {
  it.each([
    ['127.0.0.1', 0, 1],
    ['::1', 41, 67],
  ])('%s: the kernel knows the mark, and the transport works over it', async (address, level, option) => {
    const native = await openMarkedUdp(address, 0, 24);
    if (native === null) throw new Error('no socket');
    const value = new Int32Array(1);
    const getsockopt = koffi.load(null).func('int getsockopt(int, int, int, void *, void *)');
    expect(getsockopt(native.fd, level, option, value, Int32Array.of(4))).toBe(0);
    expect(value[0]).toBe(0x60); // CS3, above the two bits of congestion notification
    const [from, to] = [await openUdp({ address, port: 0, native }), await openUdp({ address, port: 0 })];
    open.push(from, to);
    expect(from.localAddress).toMatchObject({ host: address });
    expect(from.localAddress.port).toBeGreaterThan(0);
    const heard = new Promise<[string, number]>((resolve) => {
      to.onMessage = (data, _host, port) => resolve([Buffer.from(data).toString('hex'), port]);
    });
    from.send('h\u00e9llo', address, to.localAddress.port); // a byte a character, also above 127
    expect(await heard).toEqual(['68e96c6c6f', from.localAddress.port]);
  });

  it('says of what the kernel does not take that it is not sent', async () => {
    const native = await openMarkedUdp('127.0.0.1', 0, 24);
    if (native === null) throw new Error('no socket');
    open.push(await openUdp({ address: '127.0.0.1', port: 0, native }));
    const sent = (text: string, address: string, port: number): boolean => native.send(text, address, port);
    expect(sent('x', '127.0.0.1', 9)).toBe(true);
    expect([sent('x', '127.0.0.1', 0), sent('x', '::1', 9), sent('x', 'pbx', 9)]).toEqual([false, false, false]);
    expect([sent('x', '192.0.2.1', 9), sent('x'.repeat(65_508), '127.0.0.1', 9)]).toEqual([false, false]);
  });

  it('gives none for a port that is taken: who then binds it learns why', async () => {
    const taken = await openUdp({ address: '127.0.0.1', port: 0 });
    open.push(taken);
    expect(await openMarkedUdp('127.0.0.1', taken.localAddress.port, 24)).toBeNull();
    expect(await openMarkedUdp('pbx', 0, 24)).toBeNull();
  });
});
