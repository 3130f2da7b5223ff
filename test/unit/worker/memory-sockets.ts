/** Datagram sockets in memory on a clock of the test's own: what is sent is there at once, unless `lose` says otherwise. */
import {
  MAX_DATAGRAM_BYTES,
  NetError,
  parseIpv4,
  type DatagramSockets,
  type Destination,
  type PacketSender,
} from '../../../src/net/datagram.js';

interface Datagram {
  readonly packet: Uint8Array;
  readonly arrivalNs: number;
  readonly address: number;
  readonly port: number;
}

interface Bound {
  readonly address: string;
  readonly port: number;
  readonly waiting: Datagram[];
}

export class MemoryNetwork {
  nowNs = 0;
  /** Every datagram that was sent, in order. */
  readonly sent: { readonly from: string; readonly to: string; readonly packet: Uint8Array; readonly atNs: number }[] =
    [];
  readonly bound = new Map<string, Bound>();
  /** How long a datagram is under way. */
  delayNs = 0;
  lose: (packet: Uint8Array, from: string) => boolean = () => false;

  deliver(from: { address: string; port: number }, to: string, packet: Uint8Array): void {
    const source = `${from.address}:${from.port}`;
    this.sent.push({ from: source, to, packet: packet.slice(), atNs: this.nowNs });
    if (!this.lose(packet, source)) {
      const datagram = {
        packet: packet.slice(),
        arrivalNs: this.nowNs + this.delayNs,
        address: parseIpv4(from.address) ?? 0,
        port: from.port,
      };
      this.bound.get(to)?.waiting.push(datagram);
    }
  }
}

export class MemorySockets implements DatagramSockets {
  readonly backend = 'libc';
  readonly data: Uint8Array = new Uint8Array(MAX_DATAGRAM_BYTES);
  arrivalNs = 0;
  sourceAddress = 0;
  sourcePort = 0;
  dscp = Number.NaN;
  /** What the next sample says. */
  stepped = false;
  sendFails = false;
  dropCount: (handle: number) => number | null = () => 0;
  lateSendErrors = 0;
  readonly closed: number[] = [];
  readonly handles: (Bound | null)[] = [];
  /** Thrown by the open of that port. */
  readonly refusals = new Map<number, NetError['code']>();

  constructor(private readonly network: MemoryNetwork) {}

  async open(address: string, port: number): Promise<number> {
    const key = `${address}:${port}`;
    const code = this.network.bound.has(key) ? 'address-in-use' : this.refusals.get(port);
    if (code !== undefined) throw new NetError(code, `refused ${key}`);
    const bound = { address, port, waiting: [] };
    this.network.bound.set(key, bound);
    return this.handles.push(bound) - 1;
  }

  close(handle: number): void {
    const bound = this.handles[handle];
    this.closed.push(handle);
    if (bound) this.network.bound.delete(`${bound.address}:${bound.port}`);
    this.handles[handle] = null;
  }

  destination(address: string, port: number): Destination {
    return { address, port, sockaddr: new Uint8Array(0) };
  }

  send(handle: number, packet: Uint8Array, destination: Destination): boolean {
    const from = this.handles[handle];
    if (!from || this.sendFails) return false;
    this.network.deliver(from, `${destination.address}:${destination.port}`, packet);
    return true;
  }

  queue(handle: number, packet: Uint8Array, destination: Destination, sender: PacketSender): void {
    sender.onSent(this.send(handle, packet, destination), packet, packet.length);
  }

  fetch(): void {}

  submit(): void {}

  receive(handle: number): number {
    const waiting = this.handles[handle]?.waiting ?? [];
    if (waiting[0] === undefined || waiting[0].arrivalNs > this.network.nowNs) return -1;
    const datagram = waiting.shift()!;
    this.data.set(datagram.packet);
    this.arrivalNs = datagram.arrivalNs;
    this.sourceAddress = datagram.address;
    this.sourcePort = datagram.port;
    return datagram.packet.length;
  }

  drops(handle: number): number | null {
    return this.dropCount(handle);
  }

  sendErrors(): number {
    return this.lateSendErrors;
  }

  sampleClock(beforeStep?: () => void): boolean {
    const { stepped } = this;
    if (stepped) beforeStep?.();
    this.stepped = false;
    return stepped;
  }
}
