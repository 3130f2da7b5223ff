/**
 * A called side that breaks the rules on purpose: wrong SIP, wrong SDP, wrong RTP. Test equipment on node:dgram: it reads
 * requests with regular expressions, keeps no transactions, and sends its RTP on a coarse timer.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createRandom, type Random } from '../../src/lib/random.js';

/** What is wrong with the 200 to the INVITE. `garbage`: 400 random octets. */
export type SipFault = 'none' | 'truncated' | 'garbage' | 'wrong-cseq';
/** What is wrong with its SDP. `huge`: valid, and as long as a UDP datagram can be (64 KiB less headers). */
export type SdpFault = 'none' | 'port-zero' | 'bad-connection' | 'huge';
/**
 * What is wrong with the RTP that follows the ACK. `other-ssrcs`: every second packet has an SSRC of its own. `gaps`: every
 * tenth packet is not sent, though it has a sequence number.
 */
export type RtpFault =
  | 'none'
  | 'other-port'
  | 'bad-version'
  | 'too-short'
  | 'huge-csrc-count'
  | 'random-bytes'
  | 'other-ssrcs'
  | 'gaps';

export interface HostilePeerOptions {
  readonly sip?: SipFault;
  readonly sdp?: SdpFault;
  readonly rtp?: RtpFault;
  /** RTP packets per call, those left out by `gaps` included, one every 20 ms (default 50). */
  readonly packets?: number;
  /** Of the random octets (default 1). */
  readonly seed?: number;
}

export interface HostilePeer {
  /** UDP port for SIP on 127.0.0.1. */
  readonly port: number;
  /** UDP port in the SDP. */
  readonly rtpPort: number;
  /** Requests by method (retransmissions too), and packets that came to `rtpPort`. */
  readonly received: { readonly requests: ReadonlyMap<string, number>; readonly rtpPackets: number };
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const PTIME_MS = 20;
/** From the ACK to the first packet: on a host that others load the far end may be late to listen. */
const START_DELAY_MS = 40;
const PAYLOAD_BYTES = 160;
const MAX_DATAGRAM_BYTES = 65_507;
const SSRC = 0xca11_9a9e;

/** Binds ports that the system chooses, and answers every INVITE until it is stopped. */
export async function startHostilePeer(options: HostilePeerOptions = {}): Promise<HostilePeer> {
  const sockets = { sip: await bind(), rtp: await bind(), foreign: await bind() };
  const peer = new Peer(sockets, options);
  return {
    port: sockets.sip.address().port,
    rtpPort: sockets.rtp.address().port,
    received: peer.received,
    stop: () => peer.stop(),
  };
}

interface Sockets {
  readonly sip: Socket;
  readonly rtp: Socket;
  /** Not in any SDP: the source of `other-port`. */
  readonly foreign: Socket;
}

class Peer {
  readonly received = { requests: new Map<string, number>(), rtpPackets: 0 };
  private readonly random: Random;
  private readonly streams = new Map<string, NodeJS.Timeout>();
  /** Where each call wants its audio, by Call-ID. */
  private readonly audioPorts = new Map<string, number>();

  constructor(
    private readonly sockets: Sockets,
    private readonly options: HostilePeerOptions,
  ) {
    this.random = createRandom(options.seed ?? 1);
    sockets.sip.on('message', (message, from) => this.onMessage(message.toString('latin1'), from));
    sockets.rtp.on('message', () => this.received.rtpPackets++);
  }

  async stop(): Promise<void> {
    for (const timer of this.streams.values()) clearInterval(timer);
    this.streams.clear();
    await Promise.all(Object.values(this.sockets).map((socket: Socket) => once(socket.close(), 'close')));
  }

  private onMessage(request: string, from: RemoteInfo): void {
    const method = /^([A-Z]+) \S+ SIP\/2\.0\r\n/.exec(request)?.[1];
    if (method === undefined) return;
    this.received.requests.set(method, (this.received.requests.get(method) ?? 0) + 1);
    const callId = headerOf(request, 'Call-ID');
    if (method === 'INVITE') this.answer(request, from);
    if (method === 'ACK') this.startAudio(callId);
    if (method === 'BYE') this.stopAudio(callId);
    if (method === 'BYE' || method === 'CANCEL' || method === 'OPTIONS') this.send(responseTo(request, ''), from);
  }

  private answer(request: string, from: RemoteInfo): void {
    this.audioPorts.set(headerOf(request, 'Call-ID'), Number(/^m=audio (\d+)/m.exec(request)?.[1] ?? 0));
    const response = responseTo(request, this.sdp());
    switch (this.options.sip ?? 'none') {
      case 'truncated':
        return this.send(response.slice(0, response.indexOf('CSeq') + 6), from);
      case 'garbage':
        return this.send(Buffer.from(this.randomBytes(400)).toString('latin1'), from);
      case 'wrong-cseq':
        return this.send(response.replace(/^CSeq: \d+/m, 'CSeq: 4711'), from);
      case 'none':
        return this.send(response, from);
    }
  }

  private sdp(): string {
    const fault = this.options.sdp ?? 'none';
    const port = fault === 'port-zero' ? 0 : this.sockets.rtp.address().port;
    const connection = fault === 'bad-connection' ? 'IN IP4 999.not.an.address' : `IN IP4 ${HOST}`;
    const lines = ['v=0', `o=- 1 1 IN IP4 ${HOST}`, 's=-', `c=${connection}`, 't=0 0'];
    lines.push(`m=audio ${port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', 'a=sendrecv', '');
    const sdp = lines.join('\r\n');
    // 2 kB are left for the header fields, which repeat the caller's.
    const filler = MAX_DATAGRAM_BYTES - sdp.length - 2048;
    return fault === 'huge' ? `${sdp}a=x:${'y'.repeat(filler)}\r\n` : sdp;
  }

  private send(message: string, to: RemoteInfo): void {
    this.sockets.sip.send(Buffer.from(message, 'latin1'), to.port, to.address);
  }

  private startAudio(callId: string): void {
    const port = this.audioPorts.get(callId) ?? 0;
    if (port === 0 || this.streams.has(callId)) return;
    const socket = this.options.rtp === 'other-port' ? this.sockets.foreign : this.sockets.rtp;
    const packets = this.options.packets ?? 50;
    const startedAtMs = performance.now() + START_DELAY_MS;
    let sent = 0;
    // More often than a packet is due: an interval of one ptime would drift, and a busy host makes it drift far.
    const timer = setInterval(() => {
      const due = Math.ceil((performance.now() - startedAtMs) / PTIME_MS);
      for (; sent < Math.min(due, packets); sent++) {
        const isGap = this.options.rtp === 'gaps' && sent % 10 === 9;
        if (!isGap) socket.send(this.rtpPacket(sent), port, HOST);
      }
      if (sent >= packets) clearInterval(timer);
    }, PTIME_MS / 4);
    this.streams.set(callId, timer);
  }

  private stopAudio(callId: string): void {
    clearInterval(this.streams.get(callId));
  }

  private rtpPacket(index: number): Uint8Array {
    const packet = new Uint8Array(12 + PAYLOAD_BYTES).fill(0xff);
    const view = new DataView(packet.buffer);
    view.setUint16(0, 0x8000);
    view.setUint16(2, index);
    view.setUint32(4, index * PAYLOAD_BYTES);
    view.setUint32(8, SSRC);
    switch (this.options.rtp) {
      case 'bad-version':
        view.setUint8(0, 0x40);
        break;
      case 'too-short':
        return packet.subarray(0, index % 12);
      case 'huge-csrc-count':
        // Fifteen CSRCs are 60 octets: more than this packet has after its header.
        view.setUint8(0, 0x8f);
        return packet.subarray(0, 12 + 20);
      case 'random-bytes':
        return this.randomBytes(1 + (this.random.nextUint32() % 300));
      case 'other-ssrcs':
        if (index % 2 === 1) view.setUint32(8, this.random.nextUint32());
        break;
      default:
    }
    return packet;
  }

  private randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random.nextUint32() & 0xff);
  }
}

async function bind(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return socket;
}

/** The value of the first header field of that name; empty when there is none. */
function headerOf(message: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*?)\\r$`, 'im').exec(message)?.[1] ?? '';
}

/** A 200 with the request's Via, From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2). */
function responseTo(request: string, sdp: string): string {
  const copied = request.split('\r\n').filter((line) => /^(Via|From|Call-ID|CSeq):/i.test(line));
  const to = headerOf(request, 'To');
  const lines = ['SIP/2.0 200 OK', ...copied, `To: ${to.includes('tag=') ? to : `${to};tag=hostile`}`];
  lines.push(`Contact: <sip:hostile@${request.match(/^[A-Z]+ sip:(?:[^@ ]*@)?([^ ;>]+)/)?.[1] ?? HOST}>`);
  if (sdp !== '') lines.push('Content-Type: application/sdp');
  return [...lines, `Content-Length: ${Buffer.byteLength(sdp)}`, '', sdp].join('\r\n');
}
