import { expect, it } from 'vitest';
import { HeaderRing } from '../../../src/worker/header-ring.js';
import { rtp } from './engine-pair.js';

const MS = 1e6;

function contentsOf(ring: HeaderRing) {
  const read: {
    sequence: number;
    atMs: number;
    peer: number;
    port: number;
    isSent: boolean;
    length: number;
    ssrc: number;
  }[] = [];
  ring.read(({ bytes, atNs, peer, port, isSent, length }) => {
    const view = new DataView(bytes.buffer);
    read.push({ sequence: view.getUint16(2), ssrc: view.getUint32(8), atMs: atNs / MS, peer, port, isSent, length });
  });
  return read;
}

it('gives back what was noted: header, size, time, far side and direction', () => {
  const ring = new HeaderRing(20);
  ring.turnTo(0xc000_0209, 65_534);
  ring.note(rtp({ sequence: 65_535, ssrc: 0xfedc_ba98 }), 172, 5 * MS, true);
  ring.turnTo(0x7f00_0001, 4000);
  ring.note(rtp({ sequence: 7, ssrc: 1 }), 2048, 6 * MS, false);
  expect(contentsOf(ring)).toEqual([
    { sequence: 65_535, ssrc: 0xfedc_ba98, atMs: 5, peer: 0xc000_0209, port: 65_534, isSent: true, length: 172 },
    { sequence: 7, ssrc: 1, atMs: 6, peer: 0x7f00_0001, port: 4000, isSent: false, length: 2048 },
  ]);
  ring.clear();
  expect(contentsOf(ring)).toEqual([]);
});

it('keeps the newest 208, and of those the last two seconds', () => {
  const ring = new HeaderRing(20);
  for (let i = 0; i < 1000; i++) ring.note(rtp({ sequence: i }), 172, i * 5 * MS, false);
  expect(contentsOf(ring).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 208 }, (_, i) => 792 + i));
  ring.clear();
  for (let i = 0; i < 150; i++) ring.note(rtp({ sequence: i }), 172, i * 20 * MS, false);
  const kept = contentsOf(ring).map(({ atMs }) => atMs);
  expect([kept[0], kept.at(-1), kept.length]).toEqual([149 * 20 - 2000, 149 * 20, 101]);
});

it('tells times to the nanosecond after hours, a little out of order, and across a silence of which nothing before is wanted', () => {
  const ring = new HeaderRing(20);
  const hoursNs = 12 * 3600e9 + 123_456_789;
  ring.note(rtp({ sequence: 1 }), 172, 7e9, true);
  ring.note(rtp({ sequence: 2 }), 172, hoursNs, true);
  ring.note(rtp({ sequence: 3 }), 172, hoursNs - 1_000_001, false);
  ring.note(rtp({ sequence: 4 }), 172, hoursNs + 1_999_999_000, true);
  ring.note(rtp({ sequence: 5 }), 172, hoursNs - 5e9, false); // of a clock that was set back: older than what is kept
  expect(contentsOf(ring).map(({ sequence, atMs }) => [sequence, Math.round(atMs * MS)])).toEqual([
    [2, hoursNs],
    [4, hoursNs + 1_999_999_000],
  ]);
});

it('one packet a second for minutes has the last two seconds, with their own times', () => {
  const ring = new HeaderRing(20);
  for (let i = 0; i < 300; i++) ring.note(rtp({ sequence: i }), 172, i * 1000 * MS, false);
  expect(contentsOf(ring).map(({ sequence, atMs }) => [sequence, atMs])).toEqual([
    [297, 297_000],
    [298, 298_000],
    [299, 299_000],
  ]);
});

it('knows eight streams; a ninth takes the place of the one that was silent for longest, whose packets go with it', () => {
  const ring = new HeaderRing(20);
  for (let i = 0; i < 8; i++) ring.note(rtp({ sequence: i, ssrc: 100 + i }), 172, i * MS, false);
  ring.note(rtp({ sequence: 8, ssrc: 100 }), 172, 8 * MS, false);
  ring.note(rtp({ sequence: 9, ssrc: 200 }), 172, 9 * MS, false);
  expect(contentsOf(ring).map(({ sequence, ssrc }) => [sequence, ssrc])).toEqual([
    [0, 100],
    [2, 102],
    [3, 103],
    [4, 104],
    [5, 105],
    [6, 106],
    [7, 107],
    [8, 100],
    [9, 200],
  ]);
});

it('tells streams of one SSRC apart by the far side and the direction', () => {
  const ring = new HeaderRing(20);
  const places: [peer: number, port: number, isSent: boolean][] = [
    [1, 4000, true],
    [1, 4000, false],
    [1, 4002, false],
    [2, 4000, false],
  ];
  for (const [index, [peer, port, isSent]] of places.entries()) {
    ring.turnTo(peer, port);
    ring.note(rtp({ ssrc: 9 }), 172, index * MS, isSent);
  }
  expect(contentsOf(ring).map(({ peer, port, isSent }) => [peer, port, isSent])).toEqual(places);
});

it.each([
  // The newest came at 999 · ptime + 1: of those that came, and of those that were sent 1 ms before, not older than 2000 ms.
  [10, 201 + 200, 9991 - 2000],
  [20, 101 + 100, 19_981 - 2000],
  [60, 34 + 34, 59_940 - 1980],
])('holds two seconds of both directions at %i ms', (ptimeMs, packets, oldestMs) => {
  const ring = new HeaderRing(ptimeMs);
  for (let i = 0; i < 1000; i++) {
    ring.note(rtp({ sequence: i }), 172, i * ptimeMs * MS, true);
    ring.note(rtp({ sequence: i }), 172, (i * ptimeMs + 1) * MS, false);
  }
  const kept = contentsOf(ring);
  expect([kept.length, kept[0]?.atMs]).toEqual([packets, oldestMs]);
});
