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
    const fd = await openMarkedUdp(address, 0, 24);
    const value = new Int32Array(1);
    const getsockopt = koffi.load(null).func('int getsockopt(int, int, int, void *, void *)');
    expect(getsockopt(fd, level, option, value, Int32Array.of(4))).toBe(0);
    expect(value[0]).toBe(0x60); // CS3, above the two bits of congestion notification
    const [from, to] = [await openUdp({ address, port: 0, fd: fd ?? -1 }), await openUdp({ address, port: 0 })];
    open.push(from, to);
    expect(from.localAddress).toMatchObject({ host: address });
    expect(from.localAddress.port).toBeGreaterThan(0);
    const source = new Promise<number>((resolve) => {
      to.onMessage = (_data, _host, port) => resolve(port);
    });
    from.send('hello', address, to.localAddress.port);
    expect(await source).toBe(from.localAddress.port);
  });

  it('gives none for a port that is taken: who then binds it learns why', async () => {
    const taken = await openUdp({ address: '127.0.0.1', port: 0 });
    open.push(taken);
    expect(await openMarkedUdp('127.0.0.1', taken.localAddress.port, 24)).toBeNull();
    expect(await openMarkedUdp('pbx', 0, 24)).toBeNull();
  });
});
