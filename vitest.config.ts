import { defineConfig } from 'vitest/config';

/** Suites by kind: `unit` needs nothing, `e2e` needs the build, `interop` real peers, `browser` a Chromium. */
const project = (name: string, include: string[], timeoutMs: number, serial: boolean) => ({
  test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs, fileParallelism: !serial },
});

const jsonReport = process.env['CALLGAUGE_TEST_JSON'];

export default defineConfig({
  test: {
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
        30_000,
        false,
      ),
      project('e2e', ['test/e2e/**/*.test.ts'], 120_000, true),
      project('interop', ['test/interop/**/*.test.ts'], 180_000, true),
      project('browser', ['test/browser/**/*.test.ts'], 120_000, true),
    ],
  },
});
