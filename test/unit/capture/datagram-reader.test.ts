import { describe, expect, it } from 'vitest';
import { DatagramReader } from '../../../src/capture/datagram-reader.js';
import { end, end6, ethernet, ipv4, ipv6, u16, u32, udp, zeros, type Bytes } from './packets.js';

const FROM = end('192.0.2.1', 4000);
const TO = end('192.0.2.9', 5060);
const PAYLOAD = [10, 20, 30];
const IPV4 = ipv4(FROM, TO, udp(FROM, TO, PAYLOAD));
const FROM6 = end6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 4000);
const TO6 = end6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 2], 5060);

function read(linkType: number, data: Bytes): unknown {
  const reader = new DatagramReader();
  const packet = { linkType, time: null, data: Uint8Array.from(data), length: data.length, isInbound: false };
  const refusal = reader.read(packet);
  if (refusal !== null) return refusal;
  const { source, destination, sourcePort, destinationPort, payload, length } = reader.datagram;
  return {
    from: [...source],
    to: [...destination],
    ports: [sourcePort, destinationPort],
    payload: [...payload],
    length,
  };
}

const found = { from: [192, 0, 2, 1], to: [192, 0, 2, 9], ports: [4000, 5060], payload: PAYLOAD, length: 3 };
const found6 = { from: FROM6.address, to: TO6.address, ports: [4000, 5060], payload: PAYLOAD, length: 3 };

describe('UDP over IPv4', () => {
  it.each([
    ['Ethernet', 1, ethernet(IPV4)],
    ['Ethernet with padding', 1, [...ethernet(IPV4), ...zeros(15)]],
    ['one VLAN tag', 1, ethernet(IPV4, 0x0800, [...u16(0x8100), ...u16(5)])],
    ['two VLAN tags', 1, ethernet(IPV4, 0x0800, [...u16(0x88a8), ...u16(5), ...u16(0x8100), ...u16(6)])],
    ['Linux cooked', 113, [...zeros(14), ...u16(0x0800), ...IPV4]],
    ['Linux cooked v2', 276, [...u16(0x0800), ...zeros(18), ...IPV4]],
    ['raw IP', 101, IPV4],
    ['BSD loopback', 0, [...u32(2, true), ...IPV4]],
    ['BSD loopback, network order', 108, [...u32(2), ...IPV4]],
    ['IP options', 101, ipv4(FROM, TO, udp(FROM, TO, PAYLOAD), { options: [1, 1, 1, 0] })],
    ["Don't Fragment", 101, ipv4(FROM, TO, udp(FROM, TO, PAYLOAD), { fragment: 0x4000 })],
  ] as const)('is found behind %s', (_, link, data) => {
    expect(read(link, data)).toEqual(found);
  });

  it('is known to be longer where the capture was cut', () => {
    const data = ipv4(FROM, TO, udp(FROM, TO, [...PAYLOAD, ...zeros(169)])).slice(0, 31);
    expect(read(101, data)).toEqual({ ...found, length: 172 });
  });

  it('is refused in fragments, the first as the others', () => {
    expect(read(101, ipv4(FROM, TO, udp(FROM, TO, PAYLOAD), { fragment: 0x2000 }))).toBe('fragment');
    expect(read(101, ipv4(FROM, TO, zeros(16), { fragment: 185 }))).toBe('fragment');
  });

  it('is told from what is none', () => {
    expect(read(101, ipv4(FROM, TO, zeros(20), { protocol: 6 }))).toBe('not-udp');
    expect(read(1, ethernet(zeros(28), 0x0806))).toBe('not-udp');
    expect(read(147, IPV4)).toBe('link-type');
    expect(read(101, zeros(40))).toBe('not-udp');
  });

  it('is refused with headers that are cut or contradict themselves', () => {
    for (const data of [
      [],
      IPV4.slice(0, 12),
      IPV4.slice(0, 26),
      IPV4.with(0, 0x44),
      IPV4.with(25, 5),
      IPV4.with(25, 200),
    ]) {
      expect(read(101, data)).toBe('malformed');
    }
    expect(read(1, [1, 2, 3])).toBe('malformed');
    const tags = Array.from({ length: 5 }, () => [...u16(0x8100), ...u16(1)]).flat();
    expect(read(1, ethernet(IPV4, 0x0800, tags))).toBe('malformed');
  });
});

const options = (next: number): Bytes => [next, 0, ...zeros(6)];

describe('UDP over IPv6', () => {
  const datagram = udp(FROM6, TO6, PAYLOAD);

  it.each([
    ['at once', ipv6(FROM6, TO6, 17, datagram)],
    [
      'behind hop-by-hop and destination options',
      ipv6(FROM6, TO6, 0, [...options(60), 17, 1, ...zeros(14), ...datagram]),
    ],
    ['behind an authentication header', ipv6(FROM6, TO6, 51, [17, 4, ...zeros(22), ...datagram])],
    ['behind an atomic fragment header (RFC 6946)', ipv6(FROM6, TO6, 44, [17, ...zeros(7), ...datagram])],
  ])('is found %s', (_, data) => {
    expect(read(101, data)).toEqual(found6);
    expect(read(1, ethernet(data, 0x86dd))).toEqual(found6);
  });

  it('is refused in fragments, other protocols, and chains without an end', () => {
    expect(read(101, ipv6(FROM6, TO6, 44, [17, 0, 0, 1, ...zeros(4), ...datagram]))).toBe('fragment');
    expect(read(101, ipv6(FROM6, TO6, 6, zeros(20)))).toBe('not-udp');
    const chain = Array.from({ length: 9 }, () => options(0)).flat();
    expect(read(101, ipv6(FROM6, TO6, 0, [...chain, ...datagram]))).toBe('malformed');
    expect(read(101, ipv6(FROM6, TO6, 0, [0, 255, ...zeros(6)]))).toBe('malformed');
  });
});
