/** Captures of calls made by hand, on a clock in ms, and what the analysis says of them. */
import { buildAnalysis } from '../../../src/analysis/analysis-builder.js';
import { analysisSchema, type Analysis } from '../../../src/analysis/analysis.js';
import { CaptureAnalysis } from '../../../src/analysis/capture-analysis.js';
import type { Encoding } from '../../../src/analysis/encoding.js';
import { end, ipv4, pcap, rtpPacket, text, udp, u32, type Bytes, type End, type Packet } from '../capture/packets.js';

export const A = end('192.0.2.1', 4000);
export const B = end('192.0.2.9', 6000);
const START_SECONDS = 1_700_000_000;

/** Packets in the order in which they are added. */
export class Tape {
  private readonly packets: (Packet & { readonly atMs: number })[] = [];

  add(atMs: number, from: End, to: End, payload: Bytes): this {
    return this.addCut(atMs, { from, to }, payload, payload.length);
  }

  /** @param length of the payload on the wire, of which only its beginning was captured */
  addCut(atMs: number, { from, to }: { from: End; to: End }, payload: Bytes, length: number): this {
    const whole = ipv4(
      from,
      to,
      udp(from, to, [...payload, ...Array.from({ length: length - payload.length }, () => 0)]),
    );
    const data = whole.slice(0, 28 + payload.length);
    const fraction = Math.round((atMs % 1000) * 1e6);
    this.packets.push({ atMs, seconds: START_SECONDS + Math.floor(atMs / 1000), fraction, data, length: whole.length });
    return this;
  }

  /** A packet every 20 ms from `fromMs` on, but for those that are lost. */
  stream(
    fromMs: number,
    count: number,
    {
      from = A,
      to = B,
      payloadType = 0,
      ssrc = 0x1234_5678,
      lost = [],
      late = 0,
      first = 0,
      sequence = first,
      payload,
    }: {
      from?: End;
      to?: End;
      payloadType?: number;
      ssrc?: number;
      lost?: readonly number[];
      /** Every other packet comes so many ms later. */
      late?: number;
      /** Its timestamps begin with that of so many packets, and so does its sequence unless that says otherwise. */
      first?: number;
      sequence?: number;
      payload?: Bytes;
    } = {},
  ): this {
    for (let i = 0; i < count; i++) {
      if (lost.includes(i)) continue;
      const header = { payloadType, ssrc, sequence: sequence + i, timestamp: (first + i) * 160 };
      const packet = rtpPacket(payload === undefined ? header : { ...header, payload });
      this.add(fromMs + i * 20 + (i % 2) * late, from, to, packet);
    }
    return this;
  }

  sip(atMs: number, from: End, to: End, message: string): this {
    return this.add(atMs, { ...from, port: 5060 }, { ...to, port: 5060 }, text(message));
  }

  /** As pcap, in the order of the times. */
  file(): Uint8Array {
    return pcap(
      this.packets.toSorted((one, other) => one.atMs - other.atMs),
      { ns: true, link: 101 },
    );
  }

  analyse(rtpMaps: ReadonlyMap<number, Encoding> = new Map()): Analysis {
    const measured = new CaptureAnalysis({ rtpMaps, onSecond: () => {} });
    measured.push(this.file());
    measured.end();
    return analysisSchema.parse(buildAnalysis(measured, { version: '0', file: 'x', gates: [], verdict: null }));
  }
}

const HEAD =
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: call-1\r\n';

export function request(method: string, body = ''): string {
  return message(`${method} sip:b@192.0.2.9 SIP/2.0`, method, body);
}

export function response(status: string, method: string, body = ''): string {
  return message(`SIP/2.0 ${status}`, method, body);
}

function message(startLine: string, method: string, body: string): string {
  const type = body === '' ? '' : 'Content-Type: application/sdp\r\n';
  return `${startLine}\r\n${HEAD}CSeq: 1 ${method}\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`;
}

export function sdp(address: string, port: number, types = '0', attributes: readonly string[] = []): string {
  const lines = [
    'v=0',
    `o=- ${port} 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${types}`,
  ];
  return `${[...lines, ...attributes].join('\r\n')}\r\n`;
}

/** Of a sender report and the receiver report that answers it (RFC 3550 §6.4). */
export const senderReport = (ssrc: number, ntpSeconds: number, ntpFraction: number): Bytes => [
  0x80,
  200,
  0,
  6,
  ...u32(ssrc),
  ...u32(ntpSeconds),
  ...u32(ntpFraction),
  ...u32(0),
  ...u32(0),
  ...u32(0),
];

export const receiverReport = (reporter: number, about: number, lastSr: number, delay: number): Bytes => [
  0x81,
  201,
  0,
  7,
  ...u32(reporter),
  ...u32(about),
  ...u32(0),
  ...u32(0),
  ...u32(0),
  ...u32(lastSr),
  ...u32(delay),
];
