/** The commands and what is common to them: usage errors, problems and faults become messages and exit codes here. */
import yargs from 'yargs';
import { EXIT_CODES } from '../gates/verdict.js';
import { CannotRunError, formatProblem, messageOf, ProblemsError } from '../lib/errors.js';
import { escapeTerminal } from '../report/visible-text.js';
import { answerCommand } from './answer-command.js';
import { doctorCommand } from './doctor-command.js';
import { declaredOptions } from './environment.js';
import type { ProcessHost } from './host.js';
import { reportCommand } from './report-command.js';
import { runCommand } from './run-command.js';
import { schemaCommand } from './schema-command.js';
import { usageProblems } from './usage.js';
import { validateCommand } from './validate-command.js';

/** Runs one command; gives the exit code (UX: 0 pass, 1 fault, 2 usage, 3 gate failed, 4 inconclusive, 5 could not run). */
export async function runProgram(host: ProcessHost): Promise<number> {
  let exitCode: number = EXIT_CODES.pass;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const program = yargs([...host.args])
    .scriptName('callgauge')
    .usage('$0 <command>\n\nPlaces real SIP calls, measures every second of them, and says PASS, FAIL or INCONCLUSIVE.')
    .parserConfiguration({
      'boolean-negation': false,
      // `--password.x=secret` is an unknown flag and no part of a known one.
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
    })
    .locale('en')
    .version(host.version)
    .help()
    .alias('help', 'h')
    .epilogue(
      'Every flag has a twin in the environment: CALLGAUGE_RATE=5/s for --rate 5/s. CALLGAUGE_NET_BACKEND=dgram does without the native sockets.',
    )
    .strict()
    .demandCommand(1, 'expected a command: run, answer, validate, doctor, report or schema')
    .wrap(100)
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // YError: yargs itself is not content with what was typed.
      if (error !== undefined && error.name !== 'YError') {
        throw error;
      }
      throw new ProblemsError(usageProblems(message ?? messageOf(error), declaredOptions(program), host.args));
    });
  for (const command of [runCommand, answerCommand, validateCommand, doctorCommand, reportCommand, schemaCommand]) {
    command(program, host, finish);
  }
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    return explain(host, error);
  }
}

function explain(host: ProcessHost, error: unknown): number {
  if (error instanceof ProblemsError) {
    for (const problem of error.problems) {
      host.err(`${escapeTerminal(formatProblem(problem))}\n`);
    }
    return EXIT_CODES.invalid;
  }
  if (error instanceof CannotRunError) {
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    host.err(`callgauge: ${escapeTerminal(error.message + hint)}\n`);
    return EXIT_CODES.couldNotRun;
  }
  host.err(`callgauge: internal error: ${escapeTerminal(messageOf(error))}\n`);
  return EXIT_CODES.fault;
}
