import { defineConfig } from 'vitest/config';

/**
 * Suites by kind: `unit` needs nothing, `e2e` needs the build, `interop` real peers, `browser` a Chromium. Runs of the program
 * mostly wait, so two files of `e2e` share a machine; peers have fixed ports, so those run one by one.
 */
const project = (
  name: string,
  include: string[],
  timeoutMs: number,
  files: { atOnce: number | string; order: number },
) => ({
  test: {
    name,
    include,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    maxWorkers: files.atOnce,
    sequence: { groupOrder: files.order },
  },
});

const jsonReport = process.env['CALLGAUGE_TEST_JSON'];

export default defineConfig({
  test: {
    // Of tests in one file: each is a run with threads and answerer, and more at a time than a machine bears make it late.
    maxConcurrency: 3,
    reporters: jsonReport === undefined ? ['default'] : ['default', ['json', { outputFile: jsonReport }]],
    projects: [
      project(
        'unit',
        [
          'test/unit/**/*.test.ts',
          'test/vectors/**/*.test.ts',
          'test/property/**/*.test.ts',
          'test/conformance/**/*.test.ts',
        ],
        // The longest property tests take a fifth of this where nobody else is at work.
        120_000,
        { atOnce: '100%', order: 0 },
      ),
      project('e2e', ['test/e2e/**/*.test.ts'], 120_000, { atOnce: 2, order: 1 }),
      project('interop', ['test/interop/**/*.test.ts'], 180_000, { atOnce: 1, order: 2 }),
      project('browser', ['test/browser/**/*.test.ts'], 120_000, { atOnce: 1, order: 3 }),
    ],
  },
});
