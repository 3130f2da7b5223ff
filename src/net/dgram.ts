/**
 * Portable back end on node:dgram: macOS, Windows, or no koffi. The callback fills a bounded ring for each socket and
 * `receive` empties it. Arrival times are callback times, which the report says; what overflows a ring is a drop.
 */
import { createSocket, type Socket } from 'node:dgram';
import {
  addressNumber,
  MAX_DATAGRAM_BYTES,
  NetError,
  type DatagramSockets,
  type Destination,
  type PacketSender,
} from './datagram.js';
import { monotonicNs } from '../lib/clock.js';

const RING_PACKETS = 64;

interface Waiting {
  readonly packet: Buffer;
  readonly arrivalNs: number;
  readonly address: string;
  readonly port: number;
}

interface Port {
  readonly socket: Socket;
  readonly ring: Waiting[];
  drops: number;
}

export class DgramSockets implements DatagramSockets {
  readonly backend = 'dgram';
  readonly dscp = Number.NaN;
  arrivalNs = 0;
  sourceAddress = 0;
  sourcePort = 0;
  readonly data: Uint8Array = new Uint8Array(MAX_DATAGRAM_BYTES);

  private readonly ports: (Port | null)[] = [];
  private failures = 0;
  /** Made once, so that a send makes no closure. */
  private readonly onSent = (error: Error | null): void => {
    if (error !== null) {
      this.failures++;
    }
  };
  /** The callback gives the address as text; a leg has one peer, so the last conversion nearly always serves again. */
  private lastAddressText = '';
  private lastAddress = 0;

  async open(address: string, port: number): Promise<number> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const entry: Port = { socket, ring: [], drops: 0 };
    await bind(socket, address, port);
    socket.on('error', () => {}); // an ICMP error of an earlier send; the missing answer tells more
    socket.on('message', (packet, from) => {
      if (entry.ring.length >= RING_PACKETS) {
        entry.drops++;
        return;
      }
      entry.ring.push({ packet, arrivalNs: monotonicNs(), address: from.address, port: from.port });
    });
    return this.ports.push(entry) - 1;
  }

  close(handle: number): void {
    this.ports[handle]?.socket.close();
    this.ports[handle] = null;
  }

  destination(address: string, port: number): Destination {
    return { address, port, sockaddr: new Uint8Array(0) };
  }

  send(handle: number, packet: Uint8Array, destination: Destination): boolean {
    const socket = this.ports[handle]?.socket;
    if (socket === undefined) {
      return false;
    }
    // node:dgram keeps a reference until the write is done, and the caller patches the packet in place: so a copy.
    socket.send(Buffer.from(packet), destination.port, destination.address, this.onSent);
    return true;
  }

  queue(handle: number, packet: Uint8Array, destination: Destination, sender: PacketSender): void {
    sender.onSent(this.send(handle, packet, destination), packet, packet.length);
  }

  fetch(): void {} // the callbacks have read

  submit(): void {} // nothing waits

  receive(handle: number): number {
    const waiting = this.ports[handle]?.ring.shift();
    if (waiting === undefined) {
      return -1;
    }
    const length = Math.min(waiting.packet.length, MAX_DATAGRAM_BYTES);
    this.data.set(length === waiting.packet.length ? waiting.packet : waiting.packet.subarray(0, length));
    this.arrivalNs = waiting.arrivalNs;
    this.sourcePort = waiting.port;
    if (waiting.address !== this.lastAddressText) {
      this.lastAddressText = waiting.address;
      this.lastAddress = addressNumber(waiting.address) ?? 0;
    }
    this.sourceAddress = this.lastAddress;
    return length;
  }

  /** Only what our ring dropped; the kernel's own drops are unknown here. */
  drops(handle: number): number | null {
    const drops = this.ports[handle]?.drops ?? 0;
    return drops === 0 ? null : drops;
  }

  sendErrors(): number {
    return this.failures;
  }

  sampleClock(): boolean {
    return false; // arrival times come from the monotonic clock itself
  }
}

function bind(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(netErrorOf(error, address, port));
    };
    socket.once('error', fail);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener('error', fail);
      resolve();
    });
  });
}

function netErrorOf(error: NodeJS.ErrnoException, address: string, port: number): NetError {
  const where = `UDP ${address}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new NetError('address-in-use', `${where} is in use by another program`);
    case 'EADDRNOTAVAIL':
      return new NetError('address-not-available', `${address} is no address of this host`);
    case 'EMFILE':
    case 'ENFILE':
      return new NetError('too-many-open-files', `no file handle is left for ${where}`);
    case 'EACCES':
    case 'EPERM':
      return new NetError('no-permission', `not allowed to bind ${where}`);
    default:
      return new NetError('other', `cannot bind ${where}: ${error.message}`);
  }
}
