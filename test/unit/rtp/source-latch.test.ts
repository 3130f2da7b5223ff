import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceLatch } from '../../../src/rtp/source-latch.js';

const HERE = 0x7f00_0001;
const THERE = 0xc000_0201;
const decideAll = (latch: SourceLatch, ssrcs: readonly number[]): string[] =>
  ssrcs.map((ssrc) => latch.decide(HERE, 4000, ssrc));

describe('SourceLatch', () => {
  it('takes the first source, and no other address or port for it while it sends', () => {
    const latch = new SourceLatch();
    expect(latch.decide(HERE, 4000, 1)).toBe('new');
    expect(latch.decide(HERE, 4000, 1)).toBe('same');
    for (let i = 0; i < 10; i++) {
      expect(latch.decide(THERE, 4000, 1)).toBe('stray');
      expect(latch.decide(HERE, 4002, 2)).toBe('stray');
      expect(latch.decide(HERE, 4000, 1)).toBe('same');
    }
    expect(latch.decide(HERE, 4000, 1)).toBe('same');
    expect([latch.sourceAddress, latch.sourcePort, latch.sourceSsrc]).toEqual([HERE, 4000, 1]);
  });

  it('switches to a new SSRC at its third packet in a row', () => {
    const latch = new SourceLatch();
    expect(decideAll(latch, [1, 2, 2, 2, 2, 1])).toEqual(['new', 'stray', 'stray', 'new', 'same', 'stray']);
  });

  it('packets of the old or of a third SSRC begin the count anew', () => {
    const latch = new SourceLatch();
    expect(decideAll(latch, [1, 2, 2, 1, 2, 2, 3, 2, 2, 2]).slice(1)).toEqual([
      'stray',
      'stray',
      'same',
      'stray',
      'stray',
      'stray',
      'stray',
      'stray',
      'new',
    ]);
  });

  it('is never moved by injection while the old source goes on', () => {
    const injected = fc.array(fc.integer({ min: 2, max: 4 }), { maxLength: 2 });
    fc.assert(
      fc.property(fc.array(injected, { maxLength: 50 }), (bursts) => {
        const latch = new SourceLatch();
        latch.decide(HERE, 4000, 1);
        for (const burst of bursts) {
          expect(decideAll(latch, burst).every((decision) => decision === 'stray')).toBe(true);
          expect(latch.decide(HERE, 4000, 1)).toBe('same');
        }
      }),
    );
  });

  it('takes late packets of the last leg for strays', () => {
    const latch = new SourceLatch();
    decideAll(latch, [1, 1]);
    latch.reset();
    expect(decideAll(latch, [1, 1, 1, 1])).toEqual(['stray', 'stray', 'stray', 'stray']);
    expect(decideAll(latch, [2, 1, 1, 2])).toEqual(['new', 'stray', 'stray', 'same']);
  });

  it('accepts the SSRC of the last leg from where the SDP says: a peer may use one for all its calls', () => {
    const latch = new SourceLatch();
    decideAll(latch, [1]);
    latch.reset();
    latch.expect(HERE, 4002);
    expect(latch.decide(HERE, 4000, 1)).toBe('stray');
    expect(latch.decide(HERE, 4002, 1)).toBe('new');
    latch.reset();
    expect(latch.decide(HERE, 4002, 1)).toBe('stray');
  });

  it('a leg without media leaves no former SSRC', () => {
    const latch = new SourceLatch();
    decideAll(latch, [1]);
    latch.reset();
    latch.reset();
    expect(decideAll(latch, [1])).toEqual(['new']);
  });

  it('follows its source to another port, and gives way to the source that the SDP names', () => {
    const moved = new SourceLatch();
    expect(moved.decide(HERE, 4000, 1)).toBe('new');
    const decisions = [1, 2, 3, 4].map(() => moved.decide(HERE, 5000, 1));
    expect(decisions).toEqual(['stray', 'stray', 'new', 'same']);
    expect(moved.sourcePort).toBe(5000);

    const stolen = new SourceLatch();
    stolen.expect(HERE, 4000);
    expect(stolen.decide(THERE, 6000, 9)).toBe('new');
    expect([1, 2, 3, 4].map(() => stolen.decide(HERE, 4000, 1))).toEqual(['stray', 'stray', 'new', 'same']);
    expect([1, 2, 3, 4].map(() => stolen.decide(THERE, 6000, 9))).toEqual(['stray', 'stray', 'stray', 'stray']);
  });
});
