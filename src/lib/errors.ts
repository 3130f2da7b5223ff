/** The two kinds of trouble that travel as exceptions: problems of the input and faults of ours (DESIGN: outcomes are data). */

/** One thing wrong with the input. `where` is `file:line:col path`, a flag, or the gate's text. */
export interface Problem {
  /** Stable, kebab-case: `unknown-key`, `bad-unit`, … */
  readonly code: string;
  readonly where: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
}

/** Bad scenario, flag or gate: all problems at once; nothing was sent; exit code 2. */
export class ProblemsError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ProblemsError';
  }
}

/** The host or the network does not let the run start (exit code 5). */
export class CannotRunError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'CannotRunError';
  }
}

/** `where: message (hint)`, one line. */
export function formatProblem(problem: Problem): string {
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${problem.where}: ${problem.message}${hint}`;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a file or folder cannot be read or written, without the code and the path once more. */
export function fileErrorOf(error: unknown): string {
  return messageOf(error).replace(
    /^[A-Z]+: (.*?),? (?:open|read|stat|scandir|mkdir|write|rename|unlink|rm)\b.*$/,
    '$1',
  );
}
