import { expect, it } from 'vitest';
import { LossBook, RECEIVED } from '../../../src/quality/loss-book.js';
import { emptySecond } from '../../../src/quality/metered-second.js';
import { PacketPace } from '../../../src/quality/packet-pace.js';
import { PacketWindow } from '../../../src/quality/packet-window.js';

function bench(ptimeMs: number) {
  const book = new LossBook();
  book.begin(0, true);
  const window = new PacketWindow(book, new PacketPace(ptimeMs));
  window.reset();
  const take = (position: number, mediaMs: number): void => {
    window.open(position, mediaMs, ptimeMs);
    window.put(position, RECEIVED, mediaMs);
  };
  const secondOf = (second: number) => {
    const figures = emptySecond();
    book.take(second, figures);
    return [figures.received, figures.lost];
  };
  return { book, window, take, secondOf };
}

it('grows for a stream of shorter packets, and knows what it knew: each is booked once, in its second', () => {
  const { window, take, secondOf } = bench(10);
  const lost = new Set([100, 255, 256, 257, 349]);
  for (let position = 0; position < 400; position++) if (!lost.has(position)) take(position, position * 10);
  expect([window.isTaken(99), window.isTaken(100), window.isTaken(256), window.hasCome(0)]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(window.mediaMsOf(3)).toBe(30);
  window.put(256, RECEIVED, 2560); // came after all
  window.bookUntil(4000);
  expect([0, 1, 2, 3].map(secondOf)).toEqual([
    [100, 0],
    [99, 1],
    [98, 2],
    [99, 1],
  ]);
});

it('a gap that no window holds is booked at once', () => {
  const { book, take, secondOf } = bench(10);
  take(0, 0);
  take(600, 6000);
  expect(book.lastDueMs).toBe(5990);
  expect([0, 5].map(secondOf)).toEqual([
    [1, 99],
    [0, 100],
  ]);
});

it('tells media times to the µs, hours after the beginning and across 32 bits of them', () => {
  const { window, take } = bench(20);
  const wrapMs = 2 ** 32 / 1000;
  for (const fromMs of [0, wrapMs - 1000.125, 10 * wrapMs - 1000.125, 90 * 3_600_000 + 0.0625]) {
    window.reset();
    for (let position = 0; position < 100; position++) take(position, fromMs + position * 20);
    for (const position of [0, 49, 99]) {
      expect(Math.abs(window.mediaMsOf(position) - (fromMs + position * 20))).toBeLessThanOrEqual(0.000_51);
    }
    expect(Math.abs(window.newestMediaMs - (fromMs + 1980))).toBeLessThanOrEqual(0.000_51);
  }
  window.reset();
  for (let position = 0; position < 3; position++) take(position, 7_200_000 + position * 20.125);
  expect(window.mediaMsOf(1)).toBe(7_200_020.125); // of 8 kHz: whole µs, and exact
});
