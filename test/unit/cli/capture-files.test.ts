import { describe, expect, it } from 'vitest';
import { CaptureAnalysis } from '../../../src/analysis/capture-analysis.js';
import { CaptureFiles } from '../../../src/cli/capture-files.js';
import { parseIp, type IpAddress } from '../../../src/lib/ip-address.js';
import { parseWav } from '../../../src/media/source/wav.js';
import { CaptureBook } from '../../../src/run/capture-book.js';
import { EvidenceBook } from '../../../src/run/evidence-book.js';
import { WorstLegs } from '../../../src/run/worst-legs.js';
import type { SignallingSetup } from '../../../src/worker/messages.js';
import { PacketBlocks } from '../../../src/worker/packet-blocks.js';
import { rtpPacket } from '../capture/packets.js';
import { recordOf } from '../run/batches.js';

const WALL = { seconds: 1_700_000_000, ns: 0 };
const MS = 1e6;

class MemoryHost {
  readonly files = new Map<string, Uint8Array>();
  full = false;
  makeDirectory(): void {}
  writeFile(path: string, data: string | Uint8Array): void {
    if (this.full) throw new Error('ENOSPC');
    this.files.set(path, typeof data === 'string' ? new TextEncoder().encode(data) : data);
  }
}

function address(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

/** A call of 50 packets each way: what is received is µ-law +32124, what is sent its negative. */
function part(call: number, isLast: boolean) {
  const blocks = new PacketBlocks(WALL);
  const [local, remote] = [
    { address: address('192.0.2.1'), port: 4000 },
    { address: address('192.0.2.9'), port: 6000 },
  ];
  for (let i = 0; i < 50; i++) {
    for (const isSent of [true, false]) {
      const payload = Array.from({ length: 160 }, () => (isSent ? 0 : 0x80));
      const data = Uint8Array.from(rtpPacket({ sequence: i, timestamp: i * 160, ssrc: isSent ? 1 : 2, payload }));
      const atNs = (1000 + i * 20 + (isSent ? 0 : 3)) * MS;
      blocks.add({ data, captured: data.length, length: data.length, atNs, isSent }, local, remote);
    }
  }
  const { packets } = blocks;
  const bytes = blocks.take();
  return {
    call,
    leg: 0,
    why: 'sample' as const,
    codec: 'PCMU',
    payloadTypes: [0],
    packets,
    bytes,
    opened: null,
    isWhole: true,
    isLast,
  };
}

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n';
const head = (startLine: string, method: string, body: string): string =>
  `${startLine}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:+15551234@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\n` +
  `Call-ID: call-0\r\nCSeq: 1 ${method}\r\nContent-Type: application/sdp\r\n\r\n${body}`;

const message = (atMs: number, isSent: boolean, text: string) => ({ atMs, isSent, text, cutBytes: 0 });

function world(redact: (text: string) => string = (text) => text) {
  const host = new MemoryHost();
  const role = { type: 'caller', endpoints: [{ servers: [{ addresses: ['192.0.2.8'], port: 5070 }] }] };
  const files = new CaptureFiles(host, 'out', {
    version: '1.2.3',
    wallOffset: WALL,
    localAddress: '192.0.2.1',
    localPorts: () => [5080],
    signalling: [{ role } as unknown as SignallingSetup],
    redact,
  });
  const captures = new CaptureBook(() => true);
  const evidence = new EvidenceBook(new WorstLegs());
  evidence.noteCaptured(recordOf({ call: 0 }));
  const wanted = evidence.wanted().map(({ callId }) => callId);
  const messages = [
    message(0, true, head('INVITE sip:b@192.0.2.9 SIP/2.0', 'INVITE', '')),
    message(10, false, head('SIP/2.0 200 OK', 'INVITE', SDP)),
    message(20, true, head('ACK sip:b@192.0.2.9 SIP/2.0', 'ACK', '')),
  ];
  const bye = message(1500, true, head('BYE sip:b@192.0.2.9 SIP/2.0', 'BYE', ''));
  const called = { messages: [bye], omitted: 0, firstKept: 1 };
  const ladders = [{ callId: 'call-0', startedAtNs: 900 * MS, messages, omitted: 0, firstKept: 3, called }];
  evidence.addLadders({ why: 'asked', ladders });
  return { host, files, captures, evidence, wanted };
}

function analysed(file: Uint8Array | undefined): CaptureAnalysis {
  const measured = new CaptureAnalysis({ rtpMaps: new Map(), onSecond: () => {} });
  measured.push(file ?? new Uint8Array(0));
  measured.end();
  return measured;
}

describe('the file of a sampled call', () => {
  it('holds its packets and its messages as one call, in their order', () => {
    const { host, files, captures, evidence, wanted } = world();
    expect(wanted).toEqual(['call-0']);
    captures.add(0, part(0, true));
    files.flush(captures, evidence);
    expect(host.files.size).toBe(0); // the messages may still come
    files.flush(captures, evidence);
    expect([...host.files.keys()]).toEqual(['out/evidence/call-0.pcapng', 'out/evidence/call-0.wav']);
    const { streams, calls, damage, refused } = analysed(host.files.get('out/evidence/call-0.pcapng'));
    expect({ damage, refused, messages: calls.messages, malformed: calls.malformed }).toEqual({
      damage: null,
      refused: { 'link-type': 0, 'not-udp': 0, fragment: 0, malformed: 0 },
      messages: 4,
      malformed: 0,
    });
    // Every packet came after the ACK at 920 ms: had the messages stood behind the packets, none would be of the call.
    expect(streams.map(({ place, call, packets, early }) => [place.source, call?.callId, packets, early])).toEqual([
      ['192.0.2.1:4000', 'call-0', 50, 0],
      ['192.0.2.9:6000', 'call-0', 50, 0],
    ]);
    expect(new TextDecoder().decode(host.files.get('out/evidence/call-0.pcapng'))).toContain('callgauge 1.2.3');
  });

  it('has what was received as a sound, and not what was sent', () => {
    const { host, files, captures, evidence } = world();
    captures.add(0, part(0, false));
    files.isLast = true;
    files.flush(captures, evidence);
    const { samples, sampleRate } = parseWav(host.files.get('out/evidence/call-0.wav') ?? new Uint8Array(0));
    expect(sampleRate).toBe(8000);
    expect([...new Set(samples)]).toEqual([32_124]);
    expect(samples).toHaveLength(8000);
  });

  it('of sealed packets the sound is what was in them', () => {
    const { host, files, captures, evidence } = world();
    const { bytes } = part(0, true);
    captures.add(0, { ...part(0, true), bytes: new Uint8Array(0), opened: bytes });
    files.isLast = true;
    files.flush(captures, evidence);
    const { samples } = parseWav(host.files.get('out/evidence/call-0.wav') ?? new Uint8Array(0));
    expect(samples).toHaveLength(8000);
  });

  it('shows nothing that must not be shown', () => {
    const { host, files, captures, evidence } = world((text) => text.replaceAll('15551234', '***1'));
    captures.add(0, part(0, true));
    files.isLast = true;
    files.flush(captures, evidence);
    const text = new TextDecoder('latin1').decode(host.files.get('out/evidence/call-0.pcapng'));
    expect(text).not.toContain('15551234');
    expect(text).toContain('sip:+***1@x');
  });

  it('that a full disk refuses is written when there is room again', () => {
    const { host, files, captures, evidence } = world();
    captures.add(0, part(0, true));
    captures.add(0, { ...part(5, true), codec: null });
    files.isLast = true;
    host.full = true;
    expect(() => files.flush(captures, evidence)).toThrow('ENOSPC');
    host.full = false;
    files.flush(captures, evidence);
    expect([...host.files.keys()].filter((name) => name.endsWith('.pcapng'))).toEqual([
      'out/evidence/call-0.pcapng',
      'out/evidence/call-5.pcapng',
    ]);
  });
});
