/** What a leg hears of keys where the link or a gateway gets between: lost packets, tones before their events, endless keys. */
import { expect, it } from 'vitest';
import type { ReceivedDigit } from '../../../src/call/dtmf.js';
import { findCodec } from '../../../src/media/codec/codec.js';
import { digitSamples } from '../../../src/media/tone/dtmf-tones.js';
import { RtpHeader } from '../../../src/rtp/packet.js';
import { codecContext } from '../../../src/worker/codec-context.js';
import { IncomingKeys } from '../../../src/worker/incoming-keys.js';
import { OutgoingKeys } from '../../../src/worker/outgoing-keys.js';

const contextOf = (codec: string) =>
  codecContext({ codec, payloads: new Uint8Array(160), bytesPerPacket: 160, packetCount: 1 }, 20);

/** A leg that listens, and packets of audio each 20 ms from 1000 ms on. */
function listening(codecName = 'PCMU') {
  const heard: ReceivedDigit[] = [];
  const keys = new IncomingKeys(8000, (digit) => heard.push(digit));
  keys.listen(contextOf(codecName));
  const codec = findCodec(codecName)!;
  const rate = codec.samplesPerSecond;
  let sequence = 65_530;
  const play = (digits: string, lost: readonly number[] = []): void => {
    const silence = new Int16Array((rate * 3) / 50);
    const tones = digitSamples(
      digits,
      { toneMs: 100, gapMs: 80 },
      { samplesPerSecond: rate, samplesPerPacket: rate / 50 },
    );
    const payloads = codec.encode(Int16Array.from([...silence, ...tones, ...silence]));
    for (let i = 0; i * 160 < payloads.length; i++) {
      const header = Object.assign(new RtpHeader(), { sequence: sequence++ & 0xffff, payloadLength: 160 });
      if (!lost.includes(i)) keys.onAudio(payloads.subarray(i * 160, (i + 1) * 160), header, 1000 + 20 * i);
    }
  };
  const event = (digit: number, timestamp: number, arrivalMs: number): void => {
    const header = Object.assign(new RtpHeader(), { timestamp, payloadLength: 4 });
    keys.onEvent(Uint8Array.of(digit, 0x8a, 0x03, 0x20), header, arrivalMs); // the end of 800 units, 100 ms
  };
  return { keys, heard, play, event, digits: () => heard.map(({ digit }) => digit).join('') };
}

it.each(['PCMU', 'PCMA', 'G722'])('hears tones in %s, at their times', (codec) => {
  const { heard, play, digits } = listening(codec);
  play('19');
  expect(digits()).toBe('19');
  // The first begins behind 60 ms of silence.
  expect(Math.abs(heard[0]!.startMs - 1060)).toBeLessThan(12);
  expect(Math.abs(heard[1]!.startMs - 1240)).toBeLessThan(12);
});

it.each([3, 4, 5, 6, 7])('a key whose packet %i is lost is one key', (lost) => {
  const { play, digits } = listening();
  play('55', [lost]);
  expect(digits()).toBe('55');
});

it('a tone that a gateway lets through before its event is one press with it', () => {
  const { heard, play, event, digits } = listening();
  event(5, 160, 1170);
  play('5');
  expect(heard).toEqual([{ digit: '5', startMs: 1070, durationMs: 100, method: 'rfc4733' }]);
  play('5'); // as if it were there at the same time: the same press
  expect(digits()).toBe('5');
  event(6, 4000, 5000);
  play('5'); // now the last event is another key
  expect(digits()).toBe('565');
});

it('tells of a thousand keys of a leg and of no more', () => {
  const { heard, event } = listening();
  for (let i = 0; i < 1100; i++) event(1, 1000 * i, 1000 + 200 * i);
  expect(heard).toHaveLength(1000);
});

it.each(['PCMU', 'PCMA', 'G722'])('hears a marker in %s, a row a tone, behind other audio', (codecName) => {
  const context = contextOf(codecName);
  const heard: string[] = [];
  const incoming = new IncomingKeys(8000, ({ digit }) => heard.push(digit));
  incoming.listen(context);
  const outgoing = new OutgoingKeys(context, null, 20);
  for (const digits of 'DD90731D90731') outgoing.send({ digits, method: 'inband', toneMs: 120, gapMs: 80 });
  const codec = findCodec(codecName)!;
  const hum = Int16Array.from({ length: codec.samplesPerSecond / 5 }, (_, i) => 8_000 * Math.sin(i / 7));
  const audio = codec.encode(hum);
  const header = Object.assign(new RtpHeader(), { payloadOffset: 12, payloadLength: 160 });
  const packets = Array.from({ length: 10 }, (_, i) =>
    Uint8Array.from([...new Uint8Array(12), ...audio.subarray(160 * i, 160 * (i + 1))]),
  );
  for (let next = outgoing.next(header); next !== null; next = outgoing.next(header)) packets.push(next.slice());
  packets.forEach((packet, i) => {
    header.sequence = i;
    incoming.onAudio(packet, header, 20 * i);
  });
  incoming.restart();
  // The first tone in G.722 falls into the change of its encoder.
  expect(heard.join('')).toMatch(/^D?D90731D90731$/);
  expect(packets).toHaveLength(10 + 13 * 10);
});

it('listens no more once it is deaf', () => {
  const { keys, play, digits } = listening();
  play('1');
  keys.deafen();
  play('2');
  expect([digits(), keys.isListening]).toEqual(['1', false]);
});
