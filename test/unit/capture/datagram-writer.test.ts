import { describe, expect, it } from 'vitest';
import { headerBytes, writeHeaders, type UdpEnd } from '../../../src/capture/datagram-writer.js';
import { parseIp } from '../../../src/lib/ip-address.js';

function end(address: string, port: number): UdpEnd {
  const parsed = parseIp(address);
  if (parsed === undefined) throw new Error(address);
  return { address: parsed, port };
}

function datagram(from: UdpEnd, to: UdpEnd, payload: readonly number[], length = payload.length): number[] {
  const headers = headerBytes(from.address.family);
  const bytes = new Uint8Array(headers + payload.length);
  bytes.set(payload, headers);
  writeHeaders(new DataView(bytes.buffer), 0, { from, to }, { length, captured: payload.length });
  return [...bytes];
}

describe('headers around a payload', () => {
  it('of IPv4 have a right checksum and none over UDP', () => {
    // 4500 0020 0000 4000 4011 .... c000 0201 c000 0209: the words sum up to 2493b, folded 493d, its complement is b6c2
    expect(datagram(end('192.0.2.1', 4000), end('192.0.2.9', 4002), [1, 2, 3, 4])).toEqual([
      0x45, 0x00, 0x00, 0x20, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb6, 0xc2, 192, 0, 2, 1, 192, 0, 2, 9, 0x0f, 0xa0,
      0x0f, 0xa2, 0x00, 0x0c, 0x00, 0x00, 1, 2, 3, 4,
    ]);
  });

  it('of IPv6 have a UDP checksum over the pseudo-header: all words sum up to ffff', () => {
    const bytes = datagram(end('2001:db8::1', 4000), end('2001:db8::2', 5000), [1, 2, 3]);
    expect(bytes.slice(0, 8)).toEqual([0x60, 0, 0, 0, 0, 11, 17, 64]);
    const checked = [...bytes.slice(8, 40), 0, 0, 0, 11, 0, 0, 0, 17, ...bytes.slice(40), 0];
    let sum = 0;
    for (let at = 0; at < checked.length; at += 2) sum += ((checked[at] ?? 0) << 8) | (checked[at + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    expect(sum).toBe(0xffff);
    expect(bytes.slice(46, 48)).not.toEqual([0, 0]);
  });

  it('tell the length of the whole payload where only its beginning is there', () => {
    const bytes = datagram(end('192.0.2.1', 1), end('192.0.2.2', 2), [9, 9], 172);
    expect([bytes[2], bytes[3]]).toEqual([0, 200]);
    expect([bytes[24], bytes[25]]).toEqual([0, 180]);
    const of6 = datagram(end('2001:db8::1', 1), end('2001:db8::2', 2), [9, 9], 172);
    expect(of6.slice(46, 48)).toEqual([0, 0]);
  });
});
