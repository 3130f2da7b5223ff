/** `callgauge compare`: a run against an earlier one. Exit 0 not worse, 2 unlike, unreadable or an incomplete baseline, 3 worse, 4 inconclusive. */
import type { Argv } from 'yargs';
import { compareResults } from '../baseline/compare.js';
import { scenarioDifferences, type Asked } from '../baseline/scenario-difference.js';
import { EXIT_CODES } from '../gates/verdict.js';
import { nearestName } from '../lib/nearest.js';
import { messageOf, ProblemsError } from '../lib/errors.js';
import { findMetric, METRICS } from '../metrics/names.js';
import { renderComparison } from '../report/compare-text.js';
import { serializeComparison } from '../report/comparison-json.js';
import type { Comparison } from '../run/comparison.js';
import { withEnvironment } from './environment.js';
import type { ProcessHost } from './host.js';
import { readBaselineRun, readStoredRun, type StoredRun } from './stored-run.js';

const EXIT_BY_VERDICT: Readonly<Record<Comparison['verdict'], number>> = {
  better: EXIT_CODES.pass,
  same: EXIT_CODES.pass,
  unclear: EXIT_CODES.pass, // not shown to be worse: baseline/README.md
  worse: EXIT_CODES.fail,
  inconclusive: EXIT_CODES.inconclusive,
};

export function compareCommand(program: Argv, host: ProcessHost, finish: (exitCode: number) => void): void {
  program.command(
    'compare <baseline> <result>',
    'tell whether a run got better or worse than an earlier one',
    (command) =>
      withEnvironment(
        command
          .positional('baseline', {
            type: 'string',
            demandOption: true,
            describe: 'result.json or folder of the run before',
          })
          .positional('result', {
            type: 'string',
            demandOption: true,
            describe: 'result.json or folder of the run after',
          })
          .option('allow-different', {
            type: 'boolean',
            default: false,
            describe: 'compare although different things were asked',
          })
          .option('metric', {
            type: 'string',
            array: true,
            requiresArg: true,
            nargs: 1,
            describe: 'only this metric (repeatable)',
          })
          .option('json', { type: 'boolean', default: false, describe: 'print the comparison as JSON' }),
        host,
      ),
    (given) => {
      const metrics = metricIds(given.metric ?? []);
      const baseline = readBaselineRun(host, given.baseline);
      const result = readStoredRun(host, given.result);
      if (!given['allow-different']) {
        refuseUnlike(baseline.file, baseline.result, result.result);
      }
      const comparison = compareStoredRuns(baseline, result, metrics);
      host.out(
        given.json ? serializeComparison(comparison) : renderComparison(comparison, { color: host.colorsStdout }),
      );
      finish(EXIT_BY_VERDICT[comparison.verdict]);
    },
  );
}

/** @throws ProblemsError naming every difference, with both values, that makes the runs unlike */
export function refuseUnlike(baselineFile: string, baseline: Asked, result: Asked): void {
  const unlike = scenarioDifferences(baseline, result).filter((difference) => difference.unlike);
  if (unlike.length > 0) {
    const hint = '--allow-different compares all the same';
    throw new ProblemsError(
      unlike.map(({ path, baseline: before, result: after }) => {
        const values = `${path} was ${before ?? 'absent'} and is ${after ?? 'absent'}`;
        return { code: 'unlike-runs', where: baselineFile, message: `different things were asked: ${values}`, hint };
      }),
    );
  }
}

function compareStoredRuns(baseline: StoredRun, result: StoredRun, metrics: readonly string[]): Comparison {
  const callRows = { baseline: baseline.callRows(), result: result.callRows() };
  try {
    return compareResults(baseline.result, result.result, { callRows, ...(metrics.length === 0 ? {} : { metrics }) });
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    const where = `${baseline.file}, ${result.file}`;
    throw new ProblemsError([{ code: 'bad-result', where, message: messageOf(error) }]);
  }
}

function metricIds(names: readonly string[]): string[] {
  const comparable = METRICS.filter(({ smallestDifference }) => smallestDifference !== null).map(({ id }) => id);
  const ids = names.map((name) => ({ name, id: findMetric(name)?.id ?? name }));
  const problems = ids
    .filter(({ id }) => !comparable.includes(id))
    .map(({ name }) => {
      const near = nearestName(name, comparable);
      const hint = near === undefined ? `one of ${comparable.join(', ')}` : `did you mean ${near}?`;
      return {
        code: 'unknown-metric',
        where: '--metric',
        message: `expected a metric to compare by, got ${JSON.stringify(name)}`,
        hint,
      };
    });
  if (problems.length > 0) {
    throw new ProblemsError(problems);
  }
  return ids.map(({ id }) => id);
}
