/** `run --baseline`: the earlier run is read and found alike before a packet leaves, and compared with when the run has ended. */
import { dirname, resolve } from 'node:path';
import { compareResults } from '../baseline/compare.js';
import { messageOf, ProblemsError } from '../lib/errors.js';
import type { Result } from '../run/result.js';
import { scenarioDocument } from '../scenario/document-form.js';
import { ptimeOf } from '../scenario/replay.js';
import { refuseUnlike } from './compare-command.js';
import type { Prepared } from './preparation.js';
import { replayedCodecs } from './replayed-codecs.js';
import { methodOf } from './run-facts.js';
import type { StoredRun } from './stored-run.js';

/** A baseline is there to be compared with again. @param out folder of the run to come @throws ProblemsError where that is the baseline's */
export function checkOut(out: string | undefined, baseline: string | undefined): void {
  if (out === undefined || baseline === undefined || baseline === '') {
    return;
  }
  if ([resolve(baseline), dirname(resolve(baseline))].includes(resolve(out))) {
    const message = 'expected another folder than that of --baseline, whose files would be replaced';
    throw new ProblemsError([{ code: 'baseline-in-out', where: '--out', message }]);
  }
}

/** @throws ProblemsError where the earlier run cannot be compared with, or asked for something else */
export function checkBaseline({ scenario, baseline }: Prepared, allowDifferent: boolean): void {
  if (baseline === null) {
    return;
  }
  const { file, result } = baseline.stored;
  try {
    // The histograms of the file are decoded here, so that a broken one is found now and not after the run.
    compareResults(result, result);
  } catch (error) {
    throw new ProblemsError([{ code: 'bad-result', where: file, message: messageOf(error) }]);
  }
  if (allowDifferent) {
    return;
  }
  refuseUnlike(file, result, {
    scenario: scenarioDocument(scenario),
    method: methodOf(scenario.codecs, { ptimeMs: ptimeOf(scenario), replayed: replayedCodecs(scenario) }),
    seed: result.seed,
  });
}

/** The result with its comparison. The rows of a run are in its files by now: both are compared by their histograms. */
export function withBaseline(result: Result, baseline: StoredRun | null): Result {
  if (baseline === null) {
    return result;
  }
  return { ...result, baseline: { ...compareResults(baseline.result, result), file: baseline.file } };
}
