import { defineConfig } from 'vitest/config';

interface Files {
  readonly include: string[];
  readonly exclude?: string[];
  readonly timeoutMs: number;
  readonly atOnce: number | string;
  /** Suites of one order run beside each other, those of a higher one after them. */
  readonly order: number;
  /** Default true: each file has modules of its own. Loading them takes longer than most tests of a unit. */
  readonly isolate?: boolean;
}

/**
 * Suites by kind: `unit` needs nothing, `audio` and `e2e` need the build, `interop` real peers, `browser` a Chromium. Two files of
 * `e2e` share a machine; what is about audio that comes in time (`audio`) shares it with nothing, and peers have fixed ports.
 */
const project = (name: string, { include, exclude, timeoutMs, atOnce, order, isolate = true }: Files) => ({
  test: {
    name,
    include,
    // Not even an empty list where there is none: it would take the place of `--exclude`.
    ...(exclude !== undefined && { exclude }),
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    maxWorkers: atOnce,
    isolate,
    sequence: { groupOrder: order },
  },
});

const UNIT = ['unit', 'vectors', 'property', 'conformance'].map((folder) => `test/${folder}/**/*.test.ts`);
const AUDIO = ['run', 'media-workers', 'load', 'libc-gc', 'readme', 'answer'].map((name) => `test/e2e/${name}.test.ts`);
const jsonReport = process.env['CALLGAUGE_TEST_JSON'];

export default defineConfig({
  test: {
    // Of tests in one file: each is a run with threads and answerer, and more at a time than a machine bears make it late.
    maxConcurrency: 3,
    reporters: jsonReport === undefined ? ['default'] : ['default', ['json', { outputFile: jsonReport }]],
    projects: [
      // The longest property tests take a fifth of this where nobody else is at work.
      project('unit', { include: UNIT, timeoutMs: 120_000, atOnce: '100%', order: 0, isolate: false }),
      project('audio', { include: AUDIO, timeoutMs: 120_000, atOnce: 1, order: 1 }),
      project('e2e', { include: ['test/e2e/**/*.test.ts'], exclude: AUDIO, timeoutMs: 120_000, atOnce: 2, order: 2 }),
      project('interop', { include: ['test/interop/**/*.test.ts'], timeoutMs: 180_000, atOnce: 1, order: 3 }),
      project('browser', { include: ['test/browser/**/*.test.ts'], timeoutMs: 120_000, atOnce: 1, order: 4 }),
    ],
  },
});
