/** The commands and what is common to them: usage errors, problems and faults become messages and exit codes here. */
import yargs, { type Argv } from 'yargs';
import { EXIT_CODES } from '../gates/verdict.js';
import { CannotRunError, formatProblem, messageOf, ProblemsError } from '../lib/errors.js';
import { escapeTerminal } from '../report/visible-text.js';
import { NumberRedactor } from '../run/redaction.js';
import { declaredOptions } from './environment.js';
import type { ProcessHost } from './host.js';
import { EXPECTED_COMMAND, usageProblems } from './usage.js';

const HELP_COLUMNS = 80;
/** What yargs says of the types of flags tells nothing that the description does not: short here, and taken out below. */
const WORDS = {
  string: '·',
  boolean: '·',
  array: '·',
  'Options:': 'Other flags:',
  'Show version number': 'print the version',
  'Show help': 'print this',
};
const TYPES = / *\[·\](?: \[default: false\])?/g;

type Command = (program: Argv, host: ProcessHost, finish: (code: number) => void) => void;

/** In the order of the help. Each takes a while and many files to load: an answerer needs nothing of what draws reports. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run-command.js')).runCommand,
  answer: async () => (await import('./answer-command.js')).answerCommand,
  validate: async () => (await import('./validate-command.js')).validateCommand,
  doctor: async () => (await import('./doctor-command.js')).doctorCommand,
  report: async () => (await import('./report-command.js')).reportCommand,
  compare: async () => (await import('./compare-command.js')).compareCommand,
  analyze: async () => (await import('./analyze-command.js')).analyzeCommand,
  schema: async () => (await import('./schema-command.js')).schemaCommand,
};

/** The one that is asked for; all where none is, for the help and for what was perhaps meant. */
function commandsFor([first = '']: readonly string[]): Promise<Command[]> {
  const asked = Object.entries(COMMANDS).filter(([name]) => name === first);
  return Promise.all((asked.length > 0 ? asked : Object.entries(COMMANDS)).map(([, load]) => load()));
}

/** Runs one command; gives the exit code (UX: 0 pass, 1 fault, 2 usage, 3 gate failed, 4 inconclusive, 5 could not run). */
export async function runProgram(host: ProcessHost): Promise<number> {
  let exitCode: number = EXIT_CODES.pass;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const args = asked(host.args);
  const program = yargs(args)
    .scriptName('callgauge')
    .usage(
      '$0 <command>\n\nPlaces real SIP calls, measures every second of them, and says PASS, FAIL or\nINCONCLUSIVE.',
    )
    .example('$0 run --target loopback', 'ten calls to ourselves: needs nothing')
    .example('$0 run --target sip:600@pbx', 'the same to an extension of a PBX')
    .example('$0 run scenarios/smoke.yaml', 'as a file says')
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
      'Every flag has a twin in the environment: CALLGAUGE_RATE=5/s for --rate 5/s.\n' +
        'CALLGAUGE_NET_BACKEND=libc does without io_uring, CALLGAUGE_NET_BACKEND=dgram without native sockets.\n' +
        'Exit codes: 0 pass, 2 bad input, 3 a gate failed, 4 inconclusive, 5 not run.',
    )
    .strict()
    .demandCommand(1, EXPECTED_COMMAND)
    .wrap(HELP_COLUMNS)
    .updateStrings(WORDS)
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // YError: yargs itself is not content with what was typed.
      if (error !== undefined && error.name !== 'YError') {
        throw error;
      }
      throw new ProblemsError(usageProblems(message ?? messageOf(error), declaredOptions(program), args));
    });
  for (const command of await commandsFor(args)) {
    command(program, host, finish);
  }
  try {
    await program.parseAsync(args, {}, (_error, _given, help) => {
      host.out(readableHelp(help));
    });
    return exitCode;
  } catch (error) {
    return explain(host, error);
  }
}

/** `callgauge help run` is what people type for `callgauge run --help`. */
function asked(args: readonly string[]): string[] {
  return args[0] === 'help' ? [...args.slice(1), '--help'] : [...args];
}

function explain(host: ProcessHost, error: unknown): number {
  const redactor = new NumberRedactor();
  const shown = (text: string): string => (isRedactionAsked(host) ? redactor.text(text) : text);
  if (error instanceof ProblemsError) {
    for (const problem of error.problems) {
      host.err(`${escapeTerminal(shown(formatProblem(problem)))}\n`);
    }
    return EXIT_CODES.invalid;
  }
  if (error instanceof CannotRunError) {
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    host.err(`callgauge: ${escapeTerminal(shown(error.message + hint))}\n`);
    return EXIT_CODES.couldNotRun;
  }
  host.err(`callgauge: internal error: ${escapeTerminal(messageOf(error))}\n`);
  return EXIT_CODES.fault;
}

/** Before there is a scenario that says so: a problem quotes what was given. */
function isRedactionAsked({ args, env }: ProcessHost): boolean {
  return args.includes('--redact-numbers') || /^(1|true|yes)$/i.test(env['CALLGAUGE_REDACT_NUMBERS'] ?? '');
}

/** The help of yargs without the types of flags; choices and defaults stand right at the end where they fit the line. */
function readableHelp(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const shorter = line.replaceAll(TYPES, '').trimEnd();
    const extra = shorter.trim();
    const joined = `${lines.at(-1)} ${extra}`;
    if (extra.startsWith('[') && joined.length <= HELP_COLUMNS) {
      lines[lines.length - 1] = joined;
    } else if (extra.startsWith('[')) {
      lines.push(extra.padStart(HELP_COLUMNS));
    } else if (extra !== '' || line.trim() === '') {
      lines.push(shorter);
    }
  }
  return text === '' ? '' : `${lines.join('\n')}\n`;
}
