/**
 * `callgauge report`: renders the report of a result again, the same bytes for the same result, and rebuilds the result of
 * a run that crashed or still goes on. Exit 0: rendered, whatever the verdict; 2: nothing to render; 5: cannot be written.
 */
import { dirname, join } from 'node:path';
import type { Argv } from 'yargs';
import { CannotRunError, fileErrorOf, ProblemsError } from '../lib/errors.js';
import { renderReport } from '../report/html/document.js';
import { renderSummary } from '../report/text.js';
import { escapeTerminal } from '../report/visible-text.js';
import { withEnvironment } from './environment.js';
import type { ProcessHost } from './host.js';
import { RENDERED, REPORT_FILE, RESULT_FILE } from './run-files.js';
import { readRunFolder, type ReadRun } from './run-folder.js';
import { readResultFile } from './stored-run.js';

export function reportCommand(program: Argv, host: ProcessHost): void {
  program.command(
    'report <run>',
    'render the report of a run again; rebuild that of a run that crashed or still goes on',
    (command) =>
      withEnvironment(
        command
          .positional('run', { type: 'string', demandOption: true, describe: 'result.json, or the folder of a run' })
          .option('out', {
            type: 'string',
            requiresArg: true,
            describe: 'write the report to this file or folder only',
          })
          .option('open', { type: 'boolean', default: false, describe: 'show it in the browser; needs a terminal' }),
        host,
      ),
    async ({ run, out, open }) => {
      if (open && !host.hasTerminal) {
        const message = 'expected a terminal: without one there is nobody to show the report to';
        throw new ProblemsError([{ code: 'no-terminal', where: '--open', message }]);
      }
      const isFolder = isDirectory(host, run);
      const read: ReadRun = isFolder
        ? await readRunFolder(host, run)
        : { result: readResultFile(host, run), origin: 'written' };
      const reportPath = writeReport(host, read, { folder: isFolder ? run : dirname(run), out });
      host.out(renderSummary(read.result, { color: host.colorsStdout, reportPath }));
      if (open) {
        const failure = await host.openInDesktop(reportPath);
        if (failure !== null) {
          host.err(`callgauge: the report could not be opened: ${escapeTerminal(failure)}\n`);
        }
      }
    },
  );
}

function isDirectory(host: ProcessHost, path: string): boolean {
  try {
    return host.isDirectory(path);
  } catch (error) {
    const hint = 'give a result.json, or the folder of a run';
    throw new ProblemsError([
      { code: 'unreadable', where: path, message: `cannot be read: ${fileErrorOf(error)}`, hint },
    ]);
  }
}

/** Gives the path of the report. @throws CannotRunError when it cannot be written */
function writeReport(
  host: ProcessHost,
  { result, origin }: ReadRun,
  { folder, out }: { readonly folder: string; readonly out: string | undefined },
): string {
  try {
    if (out !== undefined) {
      const path = host.exists(out) && host.isDirectory(out) ? join(out, REPORT_FILE) : out;
      host.writeFile(path, renderReport(result));
      return path;
    }
    for (const { file, render } of RENDERED.filter((rendered) => isDue(rendered.file, origin))) {
      host.writeFile(join(folder, file), render(result));
    }
    return join(folder, REPORT_FILE);
  } catch (error) {
    const hint = 'choose another place with --out';
    throw new CannotRunError('out', `the report cannot be written: ${fileErrorOf(error)}`, hint);
  }
}

/** A result that is there stays as it is; one of a run that may still go on is that run's to write. */
function isDue(file: string, origin: ReadRun['origin']): boolean {
  if (origin === 'written') {
    return file !== RESULT_FILE;
  }
  return origin === 'dead' || file === REPORT_FILE;
}
