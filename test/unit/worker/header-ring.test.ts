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
