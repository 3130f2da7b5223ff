import { describe, expect, it } from 'vitest';
import { DropMarks } from '../../../src/worker/drop-marks.js';
import { SPOILED } from '../../../src/worker/messages.js';

const { nothing, scores, all } = SPOILED;

/** A leg that was answered at 2.5 s and whose socket was read at `lastReadMs`. */
function marks(lastReadMs: number): DropMarks {
  const drops = new DropMarks();
  drops.begin(2500);
  drops.lastReadMs = lastReadMs;
  return drops;
}

const closed = (drops: DropMarks, from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => drops.close(from + index));

describe('drops between two reads of a socket', () => {
  it('spoil their second, and the scores of the four after it', () => {
    const drops = marks(5480);
    expect(drops.note(3, 5500)).toBe(0);
    expect(drops.seen).toBe(3);
    expect(closed(drops, 4, 11)).toEqual([nothing, all, scores, scores, scores, scores, nothing, nothing]);
  });

  it('spoil every second in between, and the one before where a packet may count in it', () => {
    const stalled = marks(5480);
    stalled.note(1, 7010);
    expect(closed(stalled, 4, 8)).toEqual([nothing, all, all, all, scores]);
    const early = marks(6150);
    early.note(1, 6170);
    expect(closed(early, 4, 7)).toEqual([nothing, all, all, scores]);
  });

  it('reach back to the answer at most, also where nothing had come before', () => {
    for (const before of [1200, Number.NaN]) {
      const drops = marks(before);
      expect(drops.note(1, 2990)).toBe(0);
      expect(closed(drops, 2, 3)).toEqual([all, scores]);
    }
  });

  it('in a second that was told already are counted, and spoil what is open', () => {
    const drops = marks(3900);
    expect(closed(drops, 2, 3)).toEqual([nothing, nothing]);
    expect(drops.note(12, 6100)).toBe(12);
    expect(closed(drops, 4, 7)).toEqual([all, all, all, scores]);
    expect(drops.note(15, 8000)).toBe(3);
  });

  it('each count for themselves: two, with a good second between them', () => {
    const drops = marks(5480);
    drops.note(1, 5500);
    drops.lastReadMs = 7480;
    drops.note(2, 7500);
    expect(closed(drops, 5, 12)).toEqual([all, scores, all, scores, scores, scores, scores, nothing]);
  });
});

describe('drops between two calls of a slot', () => {
  it('spoil neither, but for those that may have been the last moments of the first', () => {
    const drops = marks(9000);
    drops.end(9500);
    expect(drops.note(2, 12_000)).toBe(2);
    drops.lastReadMs = 12_000;
    expect(drops.note(5, 13_000)).toBe(0);
    drops.begin(13_100);
    expect(closed(drops, 13, 14)).toEqual([nothing, nothing]);
    expect(new DropMarks().note(4, 100)).toBe(0);
  });
});
