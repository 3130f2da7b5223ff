/**
 * From a captured packet to the UDP datagram in it: Ethernet with VLAN tags, Linux cooked (SLL, SLL2), raw IP, loopback; IPv4
 * with options, IPv6 with extension headers. Fragments are refused, since nobody puts them together here. Never throws.
 */
import type { CapturedPacket } from './capture-reader.js';

/** `captured`: less of it than `length` says, where the capture was cut. Reused: it holds good until the next packet. */
export interface Datagram {
  family: 4 | 6;
  /** 4 or 16 bytes each, views of the packet. */
  source: Uint8Array;
  destination: Uint8Array;
  sourcePort: number;
  destinationPort: number;
  payload: Uint8Array;
  /** Of the payload on the wire. */
  length: number;
}

/** Why there is no datagram: another link type, another protocol, a fragment, or a header that is cut or contradicts itself. */
export type NoDatagram = 'link-type' | 'not-udp' | 'fragment' | 'malformed';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const MAX_VLAN_TAGS = 4;
const MAX_EXTENSIONS = 8;
const UDP = 17;
const FRAGMENT_HEADER = 44;
const AUTHENTICATION_HEADER = 51;
/** Hop-by-hop options, routing, destination options, mobility. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60, 135]);

/** Where the protocol (an EtherType) of a link header stands, and where its payload begins. */
const ETHER_TYPED: ReadonlyMap<number, { readonly protocolAt: number; readonly bytes: number }> = new Map([
  [1, { protocolAt: 12, bytes: 14 }], // Ethernet
  [113, { protocolAt: 14, bytes: 16 }], // Linux cooked
  [276, { protocolAt: 0, bytes: 20 }], // Linux cooked v2
]);
/** Link headers of so many bytes behind which an IP version says the rest: BSD loopback (its families differ by system), raw IP. */
const IP_BEHIND: ReadonlyMap<number, number> = new Map([
  [0, 4],
  [108, 4],
  [12, 0],
  [14, 0],
  [101, 0],
  [228, 0],
  [229, 0],
]);

export class DatagramReader {
  readonly datagram: Datagram = {
    family: 4,
    source: new Uint8Array(4),
    destination: new Uint8Array(4),
    sourcePort: 0,
    destinationPort: 0,
    payload: new Uint8Array(0),
    length: 0,
  };

  /** Null: the datagram is in `datagram`. */
  read({ linkType, data }: Readonly<CapturedPacket>): NoDatagram | null {
    const typed = ETHER_TYPED.get(linkType);
    if (typed !== undefined) {
      return this.readEtherTyped(data, typed.protocolAt, typed.bytes);
    }
    const offset = IP_BEHIND.get(linkType);
    return offset === undefined ? 'link-type' : this.readIp(data, offset);
  }

  private readEtherTyped(data: Uint8Array, protocolAt: number, bytes: number): NoDatagram | null {
    let protocol = uint16(data, protocolAt);
    let offset = bytes;
    for (let tags = 0; VLAN_TAGS.has(protocol); tags++) {
      if (tags >= MAX_VLAN_TAGS) {
        return 'malformed';
      }
      protocol = uint16(data, offset + 2);
      offset += 4;
    }
    if (data.length < offset) {
      return 'malformed';
    }
    return protocol === IPV4 || protocol === IPV6 ? this.readIp(data, offset) : 'not-udp';
  }

  private readIp(data: Uint8Array, offset: number): NoDatagram | null {
    switch ((data[offset] ?? 0) >>> 4) {
      case 4:
        return this.readIpv4(data, offset);
      case 6:
        return this.readIpv6(data, offset);
      default:
        return offset < data.length ? 'not-udp' : 'malformed';
    }
  }

  private readIpv4(data: Uint8Array, offset: number): NoDatagram | null {
    const headerBytes = ((data[offset] ?? 0) & 0x0f) * 4;
    const total = uint16(data, offset + 2);
    if (headerBytes < 20 || data.length < offset + headerBytes || total < headerBytes) {
      return 'malformed';
    }
    if ((uint16(data, offset + 6) & 0x3fff) !== 0) {
      return 'fragment'; // more of them follow, or it is not the first
    }
    if (data[offset + 9] !== UDP) {
      return 'not-udp';
    }
    this.setAddresses(data, 4, offset + 12, offset + 16);
    return this.readUdp(data, offset + headerBytes, total - headerBytes);
  }

  private readIpv6(data: Uint8Array, offset: number): NoDatagram | null {
    if (data.length < offset + 40) {
      return 'malformed';
    }
    const end = offset + 40 + uint16(data, offset + 4);
    let next = data[offset + 6] ?? 0;
    let at = offset + 40;
    for (let headers = 0; next !== UDP; headers++) {
      const isFragment = next === FRAGMENT_HEADER && (uint16(data, at + 2) & 0xfff9) !== 0;
      const isKnown = EXTENSIONS.has(next) || next === AUTHENTICATION_HEADER || next === FRAGMENT_HEADER;
      if (isFragment || !isKnown) {
        return isFragment ? 'fragment' : 'not-udp';
      }
      if (headers >= MAX_EXTENSIONS || at + 8 > data.length) {
        return 'malformed';
      }
      const length = extensionBytes(next, data[at + 1] ?? 0);
      next = data[at] ?? 0;
      at += length;
    }
    this.setAddresses(data, 6, offset + 8, offset + 24);
    return this.readUdp(data, at, end - at);
  }

  /** @param room bytes of the IP payload from here on */
  private readUdp(data: Uint8Array, offset: number, room: number): NoDatagram | null {
    const length = uint16(data, offset + 4);
    if (data.length < offset + 8 || length < 8 || length > room) {
      return 'malformed';
    }
    const { datagram } = this;
    datagram.sourcePort = uint16(data, offset);
    datagram.destinationPort = uint16(data, offset + 2);
    // What stands behind is padding of the link, or was not captured.
    datagram.payload = data.subarray(offset + 8, Math.min(data.length, offset + length));
    datagram.length = length - 8;
    return null;
  }

  private setAddresses(data: Uint8Array, family: 4 | 6, source: number, destination: number): void {
    const { datagram } = this;
    const bytes = family === 4 ? 4 : 16;
    datagram.family = family;
    datagram.source = data.subarray(source, source + bytes);
    datagram.destination = data.subarray(destination, destination + bytes);
  }
}

/** RFC 8200 §4.3: 8 octets and as many times 8 as it says; the authentication header counts in fours (RFC 4302). */
function extensionBytes(header: number, length: number): number {
  if (header === FRAGMENT_HEADER) {
    return 8;
  }
  return header === AUTHENTICATION_HEADER ? (length + 2) * 4 : (length + 1) * 8;
}

function uint16(data: Uint8Array, offset: number): number {
  return ((data[offset] ?? 0) << 8) | (data[offset + 1] ?? 0);
}
