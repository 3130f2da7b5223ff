import { describe, expect, it } from 'vitest';
import type { ProcessHost } from '../../../src/cli/host.js';
import { Progress } from '../../../src/cli/progress.js';
import { RunBook } from '../../../src/run/run-book.js';
import { mediaBatch, rowsOf, sentRowsOf } from '../run/batches.js';

const PLAN = { endpoints: [{ name: 'a', labels: {} }], media: true, warmupMs: 0 };

/** The figures of the line of second 20, which shows what had settled four seconds before. */
function figuresOf(book: RunBook): Record<string, string> {
  const said: string[] = [];
  const host = { isTerminal: false, columns: 80, err: (text: string) => void said.push(text) };
  new Progress(host as unknown as ProcessHost, false, () => 2).second(20, book);
  expect(said).toHaveLength(1);
  return Object.fromEntries(
    said[0]!
      .trim()
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]),
  );
}

function bookWith(...tables: readonly Float64Array[]): RunBook {
  const book = new RunBook(PLAN);
  tables.forEach((rows) => book.addMedia(mediaBatch({ second: 16, rows })));
  return book;
}

describe('the line of a second', () => {
  it('has a place for each figure, empty where nothing is known', () => {
    expect(figuresOf(new RunBook(PLAN))).toMatchObject({ mos_p50: '-', loss: '-', rtt_p95: '-', sent_mos_p50: '-' });
  });

  it('has the round trip and the sent score of the newest report, which may be some seconds old', () => {
    const received = rowsOf({ second: 16, mosLq: 4.4 }, { second: 12, rttMs: 44 });
    const figures = figuresOf(bookWith(received, sentRowsOf({ second: 11, mosLq: 3.9, rttMs: Number.NaN })));
    expect(figures).toMatchObject({ mos_p50: '4.40', rtt_p95: '44.0ms', sent_mos_p50: '3.90', sent_mos_p5: '3.90' });
    const old = figuresOf(bookWith(received, sentRowsOf({ second: 8, mosLq: 3.9 })));
    expect(old['sent_mos_p50']).toBe('-');
  });

  it('names the wideband scale apart', () => {
    const wideband = figuresOf(bookWith(rowsOf({ second: 16, codec: 2, mosLq: 4.3 })));
    expect(wideband).toMatchObject({ mos_wb_p50: '4.30' });
    expect(wideband).not.toHaveProperty('mos_p50');
    const both = figuresOf(bookWith(rowsOf({ second: 16, codec: 2, mosLq: 4.3 }, { second: 16, mosLq: 4.4 })));
    expect(both).toMatchObject({ mos_p50: '4.40', mos_wb_p50: '4.30' });
  });
});
