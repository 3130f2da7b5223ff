/** What a run tells GitHub Actions, where it runs there: annotations in the log, and the summary of the job. */
import { messageOf } from '../lib/errors.js';
import { renderAnnotations } from '../report/github.js';
import { renderMarkdown } from '../report/markdown.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { Result } from '../run/result.js';
import type { ProcessHost } from './host.js';

/** GitHub takes no larger summary of a step, and then shows none at all. */
const SUMMARY_BYTES = 1024 * 1024;

type Host = Pick<ProcessHost, 'env' | 'err' | 'ciCommands' | 'fileBytes' | 'appendFile'>;

/** Nothing here ends a run: a summary that cannot be written is a warning. */
export function tellGithub(host: Host, result: Result, reportPath: string): void {
  if (host.env['GITHUB_ACTIONS'] === 'true') {
    host.ciCommands(renderAnnotations(result));
  }
  const path = host.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (path === '') {
    return;
  }
  const trouble = appendSummary(host, path, renderMarkdown(result, reportPath));
  if (trouble !== null) {
    host.err(`callgauge: warning: the summary of the job was not written: ${escapeTerminal(trouble)}\n`);
  }
}

/** Why it could not be appended, or null. */
function appendSummary(host: Host, path: string, text: string): string | null {
  const bytes = Buffer.from(`\n${text}`);
  try {
    if (host.fileBytes(path) + bytes.length > SUMMARY_BYTES) {
      return 'with it the file would be above 1 MiB, and GitHub would show none of it';
    }
    host.appendFile(path, bytes);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
