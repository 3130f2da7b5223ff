import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ProcessHost } from '../../../src/cli/host.js';
import { RunFiles } from '../../../src/cli/run-files.js';
import { ROW } from '../../../src/worker/messages.js';
import { mediaBatch, rowsOf } from '../run/batches.js';

/** Files in memory; `full`: the disk takes nothing more. */
class MemoryHost {
  readonly files = new Map<string, Buffer>();
  readonly said: string[] = [];
  full = false;

  makeDirectory(): void {}

  removeFiles(paths: readonly string[]): void {
    paths.forEach((path) => this.files.delete(path));
  }

  emptyFile(path: string): void {
    this.files.set(path, Buffer.alloc(0));
  }

  appendFile(path: string, data: Uint8Array): void {
    if (this.full) {
      throw new Error('ENOSPC: no space left on device');
    }
    this.files.set(path, Buffer.concat([this.files.get(path) ?? Buffer.alloc(0), data]));
  }

  err(text: string): void {
    this.said.push(text);
  }

  rows(): { call: number; second: number }[] {
    const text = gunzipSync(this.files.get('out/seconds.ndjson.gz') ?? Buffer.alloc(0)).toString();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { call: number; second: number });
  }
}

function filesOn(host: MemoryHost, fullRows?: number): RunFiles {
  return new RunFiles(host as unknown as ProcessHost, 'out', ['target'], fullRows);
}

const good = (call: number) => ({ call, expected: 50, received: 50 });

describe('row files', () => {
  it('grow by a whole gzip member every ten seconds, so that what is there can be read at any time', () => {
    const host = new MemoryHost();
    const files = filesOn(host);
    expect(host.rows()).toEqual([]);
    for (let second = 0; second < 25; second++) {
      files.addRows(mediaBatch({ second, rows: rowsOf({ call: 1, second, expected: 50, received: 50 }) }));
      files.tick(second);
    }
    // The seconds since the last flush are still in memory: at most ten of them.
    expect(host.rows().map(({ second }) => second)).toEqual(Array.from({ length: 21 }, (_, second) => second));
  });

  it('keep of a long run the bad rows, and all of one call in a hundred', () => {
    const host = new MemoryHost();
    const files = filesOn(host, 3);
    const table = rowsOf(
      good(1),
      good(2),
      good(3),
      good(4),
      { ...good(5), lost: 1 },
      { ...good(6), discarded: 1 },
      good(200),
    );
    expect(table).toHaveLength(7 * ROW.columns);
    files.addRows(mediaBatch({ rows: table }));
    files.tick(10);
    expect(host.rows().map(({ call }) => call)).toEqual([1, 2, 3, 5, 6, 200]);
  });

  it('that a full disk refuses are said once, and end nothing', () => {
    const host = new MemoryHost();
    const files = filesOn(host);
    host.full = true;
    for (const second of [10, 20, 30]) {
      files.addRows(mediaBatch({ rows: rowsOf({ call: 1, second }) }));
      files.tick(second);
    }
    expect(host.said).toEqual(['callgauge: a file of the run cannot be written: ENOSPC: no space left on device\n']);
    expect(files.failure).toBe('ENOSPC: no space left on device');
  });
});
