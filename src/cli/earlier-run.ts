/**
 * The files of an earlier run in a folder that a run is told to write to, and that does not come to it. Of a run that could not
 * start (exit 5) nothing is there, so the earlier one's verdict goes as it would have gone; a mistake in what was typed
 * (exit 2) costs nobody his files, and is said to have left them.
 */
import { join } from 'node:path';
import { CannotRunError, messageOf, ProblemsError } from '../lib/errors.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { ProcessHost } from './host.js';
import { RECORD_FILE, removeRun, RESULT_FILE } from './run-files.js';

/** @param error why the run does not start */
export function leaveEarlierRun(host: ProcessHost, directory: string, error: unknown): void {
  if (![RECORD_FILE, RESULT_FILE].some((file) => host.exists(join(directory, file)))) {
    return;
  }
  const shown = escapeTerminal(directory);
  if (error instanceof ProblemsError) {
    host.err(`callgauge: the files in ${shown} are of an earlier run\n`);
  } else if (error instanceof CannotRunError) {
    try {
      removeRun(host, directory);
    } catch (refusal) {
      host.err(
        `callgauge: the files in ${shown} are of an earlier run and cannot be removed: ${escapeTerminal(messageOf(refusal))}\n`,
      );
    }
  }
}
