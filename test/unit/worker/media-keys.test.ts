/** Keys on the way between two media workers: events and tones in place of the audio, what the far side hears, and no loss for it. */
import { describe, expect, it } from 'vitest';
import { findCodec } from '../../../src/media/codec/codec.js';
import type { DigitsToSend, ReceivedDigit } from '../../../src/call/dtmf.js';
import {
  CALLER,
  ANSWERER,
  arm,
  connect,
  headersFrom,
  isRtcp,
  pair,
  release,
  type Pair,
  type Worker,
} from './engine-pair.js';

const PRESS: DigitsToSend = { digits: '1#', method: 'rfc4733', toneMs: 100, gapMs: 80 };

const keysOf = ({ reports }: Worker): ReceivedDigit[] =>
  reports.flatMap((report) => (report.type === 'digit' ? [report.digit] : []));

const press = ({ engine }: Worker, keys: DigitsToSend): void => engine.command({ type: 'press', slot: 0, keys });

/** A call from 0 to 5 s with keys of the caller after 2 s. */
async function callWith(keys: DigitsToSend, listens: boolean): Promise<Pair> {
  const both = await pair();
  const { caller, answerer, begin, advanceTo } = both;
  begin();
  arm(caller);
  arm(answerer);
  const media = listens ? { listensForTones: true as const } : {};
  connect(caller, ANSWERER, { media });
  connect(answerer, CALLER, { media });
  advanceTo(2000);
  press(caller, keys);
  advanceTo(5000);
  release(caller, 5000);
  release(answerer, 5000);
  advanceTo(9000);
  return both;
}

describe('keys as events', () => {
  it('come once each with their durations, and an echo gives them back as events', async () => {
    const { caller, answerer } = await callWith(PRESS, false);
    const heard = keysOf(answerer);
    expect(heard).toMatchObject([
      { digit: '1', durationMs: 100, method: 'rfc4733' },
      { digit: '#', durationMs: 100, method: 'rfc4733' },
    ]);
    expect(Math.abs(heard[0]!.startMs - 2000)).toBeLessThanOrEqual(21);
    expect(heard[1]!.startMs - heard[0]!.startMs).toBe(180);
    expect(keysOf(caller)).toMatchObject(heard.map(({ digit, durationMs, method }) => ({ digit, durationMs, method })));
  });

  it('take the place of the audio: no loss, no silence, no burst, at either end', async () => {
    const { caller, answerer, network } = await callWith(PRESS, false);
    for (const { legs, rows } of [caller, answerer]) {
      expect(legs[0]).toMatchObject({
        lost: 0,
        discarded: 0,
        reordered: 0,
        duplicate: 0,
        wrongPayloadType: 0,
        stray: 0,
      });
      expect(legs[0]!.longestSilenceMs).toBeLessThan(45);
      expect(rows.every(({ lost, expected }) => lost === 0 && expected > 0)).toBe(true);
    }
    const headers = headersFrom(network, CALLER);
    // Two keys of 100 ms are five packets each, and the end is said three times.
    expect(headers.filter(({ payloadType }) => payloadType === 101)).toHaveLength(14);
    headers.slice(1).forEach(({ sequence }, i) => expect(sequence).toBe((headers[i]!.sequence + 1) & 0xffff));
    // The audio behind them stands where it would have stood without them.
    const audio = headers.filter(({ payloadType }) => payloadType === 0);
    const [first, last] = [audio[0]!, audio.at(-1)!];
    expect((last.timestamp - first.timestamp) >>> 0).toBe(160 * ((last.sequence - first.sequence) & 0xffff));
  });

  it('do not go where telephone-event was not agreed on', async () => {
    const { caller, answerer, network, begin, advanceTo } = await pair();
    begin();
    arm(caller);
    arm(answerer);
    connect(caller, ANSWERER, { media: { eventSendPayloadType: null } });
    connect(answerer, CALLER);
    press(caller, PRESS);
    advanceTo(1000);
    expect(headersFrom(network, CALLER).every(({ payloadType }) => payloadType === 0)).toBe(true);
    expect(keysOf(answerer)).toEqual([]);
  });
});

describe('keys as tones', () => {
  const TONES: DigitsToSend = { digits: '52', method: 'inband', toneMs: 100, gapMs: 80 };

  it('are heard where somebody listens, in the audio and at its times', async () => {
    const { caller, answerer, network } = await callWith(TONES, true);
    const heard = keysOf(answerer);
    expect(heard).toMatchObject([
      { digit: '5', method: 'inband' },
      { digit: '2', method: 'inband' },
    ]);
    for (const { durationMs } of heard) expect(Math.abs(durationMs! - 100)).toBeLessThanOrEqual(8);
    expect(Math.abs(heard[1]!.startMs - heard[0]!.startMs - 180)).toBeLessThanOrEqual(8);
    // The echo gives the audio back, and so the tones.
    expect(keysOf(caller).map(({ digit, method }) => `${digit} ${method}`)).toEqual(['5 inband', '2 inband']);
    expect(answerer.legs[0]).toMatchObject({ lost: 0, discarded: 0 });
    // The first tone packet on the wire, decoded: both tones at once are 16,442 at most.
    const packets = network.sent.filter(({ from, packet }) => from.startsWith(`${CALLER}:`) && !isRtcp(packet));
    const samples = findCodec('PCMU')!.decode(packets[101]!.packet.subarray(12));
    expect(Math.max(...samples)).toBeGreaterThan(10_000);
  });

  it('are not listened for without being asked', async () => {
    const { caller, answerer } = await callWith(TONES, false);
    expect([...keysOf(caller), ...keysOf(answerer)]).toEqual([]);
  });
});

const row = (digit: string): DigitsToSend => ({ digits: digit, method: 'inband', toneMs: 120, gapMs: 80 });

describe('a marker in the audio', () => {
  it('is heard, costs no packet, and behind its time nothing more is listened to', async () => {
    const { caller, answerer, begin, advanceTo } = await pair();
    begin();
    arm(caller);
    arm(answerer);
    connect(caller, ANSWERER);
    connect(answerer, CALLER, { media: { listensForTones: true, listensForMs: 3_500 } });
    advanceTo(500);
    for (const digit of 'D12345D12345') press(caller, row(digit));
    advanceTo(4_200);
    press(caller, row('9'));
    advanceTo(6_000);
    release(caller, 6_000);
    release(answerer, 6_000);
    advanceTo(10_000);
    expect(
      keysOf(answerer)
        .map(({ digit }) => digit)
        .join(''),
    ).toBe('D12345D12345');
    expect(answerer.legs[0]).toMatchObject({ lost: 0, discarded: 0, wrongPayloadType: 0 });
  });
});
