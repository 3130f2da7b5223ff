/** The hostile peer does what its options say: seen by a caller that is nothing but a socket. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startHostilePeer, type HostilePeer, type HostilePeerOptions } from './hostile-peer.js';

let caller: Socket;
let audio: Socket;
let peer: HostilePeer | undefined;

beforeEach(async () => {
  caller = createSocket('udp4').bind(0, '127.0.0.1');
  audio = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(caller, 'listening'), once(audio, 'listening')]);
});

afterEach(async () => {
  await peer?.stop();
  peer = undefined;
  caller.close();
  audio.close();
});

function request(method: string): string {
  const sdp = method === 'INVITE' ? `v=0\r\nm=audio ${audio.address().port} RTP/AVP 0\r\n` : '';
  const head = [
    `${method} sip:x@127.0.0.1 SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1',
    'From: <sip:a@b>;tag=1',
  ];
  return [...head, 'To: <sip:x@127.0.0.1>', 'Call-ID: c1', `CSeq: 1 ${method}`, '', sdp].join('\r\n');
}

async function answerOf(options: HostilePeerOptions): Promise<string> {
  peer = await startHostilePeer(options);
  caller.send(request('INVITE'), peer.port, '127.0.0.1');
  const [message] = (await once(caller, 'message')) as [Buffer];
  return message.toString('latin1');
}

/** The packets of a call, with the port that they came from. */
async function packetsOf(options: HostilePeerOptions): Promise<{ packet: Buffer; port: number }[]> {
  const packets: { packet: Buffer; port: number }[] = [];
  audio.on('message', (packet, from) => packets.push({ packet, port: from.port }));
  await answerOf({ packets: 14, ...options });
  caller.send(request('ACK'), peer?.port ?? 0, '127.0.0.1');
  for (let waited = 0; packets.length < 14 && waited < 200; waited++) await sleep(20);
  expect(packets).toHaveLength(14);
  return packets;
}

it.each<[HostilePeerOptions, RegExp]>([
  [{}, /^SIP\/2\.0 200 OK\r\n[^]*CSeq: 1 INVITE\r\n[^]*\r\n\r\nv=0\r\n[^]*m=audio [1-9]\d* RTP\/AVP 0\r\n/],
  [{ sip: 'truncated' }, /^SIP\/2\.0 200 OK\r\n[^]*CSeq: $/],
  [{ sip: 'wrong-cseq' }, /CSeq: 4711 INVITE\r\n/],
  [{ sip: 'garbage' }, /^(?!SIP)[^]{400}$/],
  [{ sdp: 'port-zero' }, /m=audio 0 RTP/],
  [{ sdp: 'bad-connection' }, /c=IN IP4 999\.not/],
  [{ sdp: 'huge' }, /^[^]{63000,65507}$/],
])('answers as told: %o', async (options, expected) => {
  expect(await answerOf(options)).toMatch(expected);
});

it('sends good RTP from the port in its SDP when nothing else is asked', async () => {
  const packets = await packetsOf({});
  expect(
    packets.every(({ packet, port }) => packet.length === 172 && packet[0] === 0x80 && port === peer?.rtpPort),
  ).toBe(true);
  expect(new Set(packets.map(({ packet }) => packet.readUInt32BE(8))).size).toBe(1);
});

it('sends RTP from another port', async () => {
  expect((await packetsOf({ rtp: 'other-port' })).every(({ port }) => port !== peer?.rtpPort)).toBe(true);
});

it.each<[NonNullable<HostilePeerOptions['rtp']>, (packet: Buffer) => boolean]>([
  ['bad-version', (packet) => (packet[0] ?? 0) >> 6 === 1],
  ['too-short', (packet) => packet.length < 12],
  ['huge-csrc-count', (packet) => packet[0] === 0x8f && packet.length < 12 + 60],
  ['random-bytes', (packet) => packet.length >= 1 && packet.length <= 300],
])('sends RTP that is wrong: %s', async (rtp, isWrong) => {
  expect((await packetsOf({ rtp })).every(({ packet }) => isWrong(packet))).toBe(true);
});

it('mixes in other SSRCs', async () => {
  const ssrcs = (await packetsOf({ rtp: 'other-ssrcs' })).map(({ packet }) => packet.readUInt32BE(8));
  expect(new Set(ssrcs).size).toBe(8);
});

it('leaves out every tenth packet', async () => {
  const sequences = (await packetsOf({ rtp: 'gaps', packets: 15 })).map(({ packet }) => packet.readUInt16BE(2));
  expect(sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14]);
});
