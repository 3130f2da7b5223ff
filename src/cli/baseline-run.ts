/** `run --baseline`: the earlier run is read and found alike before a packet leaves, and compared with when the run has ended. */
import { compareResults } from '../baseline/compare.js';
import { messageOf, ProblemsError } from '../lib/errors.js';
import type { Result } from '../run/result.js';
import { scenarioDocument } from '../scenario/document-form.js';
import { refuseUnlike } from './compare-command.js';
import type { ProcessHost } from './host.js';
import type { Prepared } from './preparation.js';
import { methodOf } from './run-facts.js';
import { readStoredRun, type StoredRun } from './stored-run.js';

/** @returns null where no file was given @throws ProblemsError where it cannot be read or asked for something else */
export function readBaseline(
  host: ProcessHost,
  { scenario }: Prepared,
  given: { readonly file: string | undefined; readonly allowDifferent: boolean },
): StoredRun | null {
  if (given.file === undefined || given.file === '') {
    return null;
  }
  const baseline = readStoredRun(host, given.file);
  try {
    // The histograms of the file are decoded here, so that a broken one is found now and not after the run.
    compareResults(baseline.result, baseline.result);
  } catch (error) {
    throw new ProblemsError([{ code: 'bad-result', where: baseline.file, message: messageOf(error) }]);
  }
  if (!given.allowDifferent) {
    const { seed } = baseline.result;
    refuseUnlike(baseline.file, baseline.result, {
      scenario: scenarioDocument(scenario),
      method: methodOf(scenario.codecs),
      seed,
    });
  }
  return baseline;
}

/** The result with its comparison. The rows of a run are in its files by now: both are compared by their histograms. */
export function withBaseline(result: Result, baseline: StoredRun | null): Result {
  if (baseline === null) {
    return result;
  }
  return { ...result, baseline: { ...compareResults(baseline.result, result), file: baseline.file } };
}
