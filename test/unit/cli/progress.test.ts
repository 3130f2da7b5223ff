import { describe, expect, it } from 'vitest';
import { Progress } from '../../../src/cli/progress.js';
import { CoursePlan } from '../../../src/cli/progress-course.js';
import { RunBook } from '../../../src/run/run-book.js';
import { buildSchedule } from '../../../src/schedule/schedule.js';
import type { Load } from '../../../src/scenario/scenario.js';
import { mediaBatch, rowsOf, sentRowsOf, signallingBatch } from '../run/batches.js';
import { good, HEAD } from '../scenario/documents.js';
import { gateOf } from './snapshots.js';
import { TerminalModel } from './terminal-model.js';

const PLAN = { endpoints: [{ name: 'a', labels: {} }], media: true, warmupMs: 0 };
const CALL = { ...good(HEAD).call, holdMs: 30_000, ringTimeoutMs: 60_000 };
const LOAD: Load = {
  calls: null,
  concurrency: null,
  warmupMs: 0,
  stages: [
    { kind: 'ramp', rate: 4, durationMs: 20_000 },
    { kind: 'hold', rate: 4, durationMs: 40_000 },
  ],
};

const planOf = (load: Load = LOAD): CoursePlan =>
  new CoursePlan({ load, call: CALL, media: true }, buildSchedule(load));

interface Watched {
  readonly progress: Progress;
  readonly said: string[];
  readonly terminal: TerminalModel;
  nowMs: number;
}

function watched(isTerminal: boolean, quiet = false): Watched {
  const terminal = new TerminalModel(80, 24);
  const said: string[] = [];
  const host = {
    isTerminal,
    colorsStderr: false,
    columns: 80,
    rows: 24,
    err: (text: string) => {
      said.push(text);
      terminal.write(text);
    },
  };
  const watch: Watched = { progress: new Progress(host, quiet, planOf(), () => watch.nowMs), said, terminal, nowMs: 0 };
  return watch;
}

function bookWith(...tables: readonly Float64Array[]): RunBook {
  const book = new RunBook(PLAN);
  tables.forEach((rows) => book.addMedia(mediaBatch({ second: 16, rows })));
  return book;
}

/** The figures of the line of second 20, which shows what had settled four seconds before. */
function figuresOf(book: RunBook): Record<string, string> {
  const { progress, said } = watched(false);
  progress.takeSecond(20, book, []);
  const [stage, line, ...rest] = said;
  expect([stage, rest]).toEqual(['t=20s event=stage stage="hold 4/s"\n', []]);
  const pairs = (line ?? '').trim().matchAll(/(\w+)=("[^"]*"|\S+)/g);
  return Object.fromEntries(Array.from(pairs, ([, key, value]) => [key, value]));
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

describe('the rate', () => {
  it('is of the last five seconds that the signalling told of, beside what was asked for in the same', () => {
    const { progress, said } = watched(false);
    const book = new RunBook(PLAN);
    // 3 calls each second; of second 17 nothing was told before 18 was.
    for (const [second, told] of [
      [10, 9],
      [15, 14],
      [16, 15],
      [17, 15],
      [18, 17],
      [20, 19],
    ] as const) {
      book.addSignalling(signallingBatch({ second: told, started: (told + 1) * 3 }));
      progress.takeSecond(second, book, []);
    }
    // Of seconds 15 to 19: the ramp from 0 at second 0 to 4 at second 20 has 0.2 × (15.5 + … + 19.5) / 5 = 3.5.
    expect(said.at(-1)).toContain(' rate=3.0/s target_rate=3.5/s ');
  });
});

describe('where nobody watches', () => {
  it('each stage, gate and warning has a line, and figures every ten seconds', () => {
    const { progress, said } = watched(false);
    progress.say('careful', 'warning');
    for (let second = 0; second <= 61; second++) {
      progress.takeSecond(second, new RunBook(PLAN), []);
      if (second === 30) {
        progress.gateFlip(gateOf({ state: 'fail', observed: 0.5 }), 'pass');
      }
    }
    progress.say('SIGINT: ending the calls', 'signal');
    progress.takeSecond(62, new RunBook(PLAN), []);
    progress.end();
    const events = said.map((line) => line.replace(/ active=.*/s, ' …').trimEnd());
    expect(events).toEqual([
      't=0s event=warning text=careful',
      't=0s event=stage stage="ramp to 4/s"',
      't=10s stage="ramp to 4/s" …',
      't=20s event=stage stage="hold 4/s"',
      't=20s stage="hold 4/s" …',
      't=30s stage="hold 4/s" …',
      't=30s event=gate gate="success_ratio >= 99%" state=fail was=pass observed=0.5 limit=0.99 unit=ratio samples=162',
      't=40s stage="hold 4/s" …',
      't=50s stage="hold 4/s" …',
      't=60s stage="hold 4/s" …',
      't=61s event=stage stage=draining',
      't=61s event=signal text="SIGINT: ending the calls"',
      't=62s event=stage stage=stopping',
    ]);
    expect(said.join('')).not.toContain('\u001B');
  });
});

describe('on a terminal', () => {
  it('the block is painted at most four times a second, and is gone at the end', () => {
    const watch = watched(true);
    const { progress, terminal } = watch;
    progress.say('started', 'started');
    progress.takeSecond(0, new RunBook(PLAN), []);
    expect(terminal.text).toMatch(/^started\nramp to 4\/s  ─+  0:00 of 1:30, 1:30 left\ncalls /);
    let painted = 1;
    for (watch.nowMs = 10; watch.nowMs <= 1000; watch.nowMs += 10) {
      progress.say('more');
      painted += watch.said.at(-1)?.includes('ramp to') === true ? 1 : 0;
    }
    expect(painted).toBe(1 + 1000 / 250);
    progress.gateFlip(gateOf({ state: 'fail', observed: 0.5 }), 'pass');
    progress.end();
    expect(terminal.text).toBe(`started\n${'more\n'.repeat(100)}0:00  ✕ FAIL  success_ratio >= 99%: 50 %`);
  });

  it('shows the gates as they stand, and that it is stopping', () => {
    const { progress, terminal, ...watch } = watched(true);
    progress.say('SIGTERM: ending', 'signal');
    watch.nowMs = 1000;
    progress.takeSecond(5, new RunBook(PLAN), [gateOf({ state: 'fail' })]);
    expect(terminal.text).toMatch(/\nstopping  0:05\n[^]*\ngates +✕ 1 fail: success_ratio >= 99%\n/);
  });
});

it('--quiet says nothing at all', () => {
  for (const isTerminal of [true, false]) {
    const { progress, said } = watched(isTerminal, true);
    progress.say('started');
    progress.takeSecond(10, new RunBook(PLAN), [gateOf()]);
    progress.gateFlip(gateOf(), null);
    progress.end();
    expect(said).toEqual([]);
  }
});

describe('the course', () => {
  it('has the last call’s hold in its end, and drains once no call is due', () => {
    expect(planOf().at(5, 0)).toEqual({ stage: 'ramp to 4/s', left: { unit: 'seconds', done: 5, total: 90 } });
    expect(planOf().at(60, 0).stage).toBe('hold 4/s');
    expect(planOf().at(61, 0).stage).toBe('draining');
  });

  it('counts calls where the cap makes it last longer than the schedule says', () => {
    // 4/s held for 30 s are up to 120 calls at once.
    expect(planOf({ ...LOAD, concurrency: 121 }).at(5, 7).left).toMatchObject({ unit: 'seconds' });
    expect(planOf({ ...LOAD, concurrency: 50 }).at(5, 7).left).toEqual({ unit: 'calls', done: 7, total: 200 });
  });
});
