import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ProcessHost } from '../../../src/cli/host.js';
import { RowFile } from '../../../src/cli/row-file.js';
import { removeRun, RunFiles } from '../../../src/cli/run-files.js';
import type { StateProgress } from '../../../src/run/progress-lines.js';
import type { RunRecord } from '../../../src/run/run-record.js';
import { ROW } from '../../../src/worker/messages.js';
import { typicalPass } from '../report/result-fixture.js';
import { mediaBatch, rowsOf } from '../run/batches.js';

/** Files in memory; `full`: the disk takes nothing more. */
class MemoryHost {
  readonly files = new Map<string, Buffer>();
  readonly said: string[] = [];
  full = false;

  makeDirectory(): void {}

  fileNames(folder: string): string[] {
    const inside = [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`));
    return inside.map((path) => path.slice(folder.length + 1));
  }

  removeFiles(paths: readonly string[]): void {
    paths.forEach((path) => this.files.delete(path));
  }

  writeFile(path: string, data: string): void {
    if (this.full) {
      throw new Error('ENOSPC: no space left on device');
    }
    this.files.set(path, Buffer.from(data));
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

const stateNow = (): StateProgress => ({
  type: 'state',
  elapsedMs: 0,
  cpuSeconds: 0,
  interrupted: null,
  lostWorkers: [],
  doubts: [],
  warnings: [],
});

const good = (call: number) => ({ call, expected: 50, received: 50 });

describe('row files', () => {
  it('grow by a whole gzip member after two seconds and then every ten, so that what is there can be read at any time', () => {
    const host = new MemoryHost();
    const files = filesOn(host);
    expect(host.rows()).toEqual([]);
    for (let second = 0; second < 25; second++) {
      files.addMedia(mediaBatch({ second, rows: rowsOf({ call: 1, second, expected: 50, received: 50 }) }));
      files.tick(second, stateNow);
    }
    // The seconds since the last flush are still in memory: at most ten of them.
    expect(host.rows().map(({ second }) => second)).toEqual(Array.from({ length: 23 }, (_, second) => second));
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
    files.addMedia(mediaBatch({ rows: table }));
    files.tick(10, stateNow);
    expect(host.rows().map(({ call }) => call)).toEqual([1, 2, 3, 5, 6, 200]);
  });

  it('that a full disk refuses are said once, end nothing, and are written when there is room again', () => {
    const host = new MemoryHost();
    const files = filesOn(host);
    host.full = true;
    for (const second of [10, 20, 30]) {
      files.addMedia(mediaBatch({ rows: rowsOf({ call: 1, second }) }));
      files.tick(second, stateNow);
    }
    expect(host.said).toEqual([
      'callgauge: a file of the run cannot be written: ENOSPC: no space left on device; the run goes on, and tries again\n',
    ]);
    expect(files.failure).toBe('ENOSPC: no space left on device');
    expect(host.rows()).toEqual([]);
    host.full = false;
    files.tick(40, stateNow);
    expect(host.rows().map(({ second }) => second)).toEqual([10, 20, 30]);
    expect(files.failure).toBeNull();
    expect(host.said).toHaveLength(1);
  });
});

describe('evidence', () => {
  it('that the result names and the disk refuses leaves the files of the run incomplete', () => {
    const host = new MemoryHost();
    const files = filesOn(host);
    files.onFlush = () => {
      throw new Error('ENOSPC');
    };
    files.flush(null); // tried again at the end
    expect(files.failure).toBeNull();
    files.finish(typicalPass());
    expect(files.failure).toBe('ENOSPC');
  });
});

describe('whole files', () => {
  it('that are written at a later try are not missing any more', () => {
    const host = new MemoryHost();
    const files = filesOn(host);
    host.full = true;
    files.begin({} as RunRecord);
    expect(files.failure).toBe('ENOSPC: no space left on device');
    host.full = false;
    files.begin({} as RunRecord);
    expect(files.failure).toBeNull();
    files.finish(typicalPass());
    expect(files.failure).toBeNull();
    expect(host.said).toHaveLength(1);
  });

  it('of an earlier run are gone before the new one has any; those of others stay', () => {
    const host = new MemoryHost();
    const old = ['result.json', 'report.html', 'junit.xml', 'summary.md', 'metrics.txt', 'run.json'];
    const others = ['notes.txt', 'evidence/notes.txt', 'evidence/call-x.txt'];
    for (const name of [...old, ...others, 'evidence/call-1.txt']) host.files.set(`out/${name}`, Buffer.from('old'));
    filesOn(host);
    const rows = ['calls.ndjson.gz', 'seconds.ndjson.gz', 'progress.ndjson.gz'];
    expect([...host.files.keys()].toSorted()).toEqual([...others, ...rows].map((name) => `out/${name}`).toSorted());
    removeRun(host as unknown as ProcessHost, 'out');
    expect([...host.files.keys()].toSorted()).toEqual(others.map((name) => `out/${name}`).toSorted());
  });
});

describe('a row file', () => {
  it('keeps refused lines only so far, and says how many it gave up', () => {
    const host = new MemoryHost();
    const file = new RowFile(host, 'rows', 10);
    file.create();
    host.full = true;
    file.add('12345');
    expect(() => file.flush()).toThrow('ENOSPC');
    expect({ unwritten: file.unwritten, dropped: file.dropped }).toEqual({ unwritten: 1, dropped: 0 });
    file.add('678901');
    expect(() => file.flush()).toThrow('ENOSPC');
    expect({ unwritten: file.unwritten, dropped: file.dropped }).toEqual({ unwritten: 2, dropped: 2 });
    host.full = false;
    file.add('after');
    file.flush();
    expect(gunzipSync(host.files.get('rows') ?? Buffer.alloc(0)).toString()).toBe('after\n');
    expect(file.unwritten).toBe(2);
  });
});
