import { describe, expect, it } from 'vitest';
import { CaptureBook } from '../../../src/run/capture-book.js';
import type { CapturePart } from '../../../src/worker/messages.js';

const part = (changes: Partial<CapturePart>): CapturePart => ({
  call: 0,
  leg: 0,
  why: 'sample',
  codec: 'PCMU',
  payloadTypes: [0],
  packets: 10,
  bytes: new Uint8Array(4),
  opened: null,
  isWhole: true,
  isLast: false,
  ...changes,
});
const callsOf = (ready: ReturnType<CaptureBook['ready']>): number[] => ready.map(({ fact }) => fact.call);

describe('captured packets', () => {
  it('are ready a flush after all legs of their call have ended, since its messages come later', () => {
    const book = new CaptureBook();
    book.add(0, part({ call: 3 }));
    book.add(1, part({ call: 3, isLast: true, packets: 0 }));
    expect(callsOf(book.ready(false))).toEqual([]);
    book.add(0, part({ call: 3, isLast: true, isWhole: false }));
    expect(callsOf(book.ready(false))).toEqual([]);
    const [ready] = book.ready(false);
    expect(ready).toMatchObject({ fact: { call: 3, packets: 20, isWhole: false, hasAudio: false }, parts: [{}, {}] });
    if (ready !== undefined) book.done(ready);
    expect(book.ready(true)).toEqual([]);
    expect(book.of(3)).toMatchObject({ packets: 20 });
  });

  it('are all ready at the end, but for calls without a packet', () => {
    const book = new CaptureBook();
    book.add(0, part({ call: 9 }));
    book.add(0, part({ call: 4, packets: 0, isLast: true }));
    expect(callsOf(book.ready(true))).toEqual([9]);
    expect(book.list.map(({ call }) => call)).toEqual([9]);
    expect(book.of(4)).toBeNull();
  });

  it('of failed calls are bounded, whatever many workers send, and never come twice', () => {
    const book = new CaptureBook();
    for (let call = 0; call < 300; call++) book.add(call % 3, part({ call, why: 'failed', isLast: true }));
    expect(book.list).toHaveLength(200);
    const ready = book.ready(true);
    ready.forEach((captured) => book.done(captured));
    book.add(0, part({ call: 5, why: 'failed', isLast: true }));
    expect(book.ready(true)).toEqual([]);
  });

  it('have a sound where audio is kept, of a codec that can be decoded, and never of headers', () => {
    const book = new CaptureBook((codec) => codec === 'PCMU');
    book.add(0, part({ call: 1 }));
    book.add(0, part({ call: 2, codec: 'OPUS' }));
    book.add(0, part({ call: 3, why: 'failed' }));
    expect(book.list.map(({ hasAudio }) => hasAudio)).toEqual([true, false, false]);
  });
});
