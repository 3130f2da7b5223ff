/** The complaints of yargs about the command line, as problems in our own form: what was given, and what was perhaps meant. */
import type { Problem } from '../lib/errors.js';
import { nearestName } from '../lib/nearest.js';
import type { DeclaredOptions } from './environment.js';

const COMMANDS = ['run', 'answer', 'validate', 'doctor', 'report', 'compare', 'analyze', 'schema'];
const PROGRAM = 'callgauge';
const WHAT_IS_READ: Readonly<Record<string, string>> = { report: 'run', analyze: 'capture' };
/** What is said of a command line without a command. */
export const EXPECTED_COMMAND = `expected a command: ${COMMANDS.slice(0, -1).join(', ')} or ${COMMANDS.at(-1)}`;

/**
 * @param message of yargs, in English
 * @param args the command line, to tell flags from other words
 */
export function usageProblems(message: string, options: DeclaredOptions, args: readonly string[]): Problem[] {
  const command = COMMANDS.find((name) => name === args[0]);
  const help = `see ${PROGRAM} ${command === undefined ? '' : `${command} `}--help`;
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/s.exec(message);
  if (unknown !== null) {
    const names = (unknown[1] ?? '').split(', ');
    return names
      .filter((name) => !isTwin(name, names))
      .map((name) => {
        if (isFlag(name, args)) {
          return unknownFlag(name, Object.keys(options.key), help);
        }
        return command === undefined ? unknownCommand(name, help) : unexpected(name, help);
      });
  }
  const first = `start with ${PROGRAM} run --target loopback, or see ${PROGRAM} --help`;
  return [{ code: 'usage', hint: message === EXPECTED_COMMAND ? first : help, ...inOurWords(message, command) }];
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
}

/** yargs names an unknown `--foo-bar` a second time, as `fooBar`. */
function isTwin(name: string, names: readonly string[]): boolean {
  return names.some((other) => other !== name && other.replaceAll('-', '').toLowerCase() === name.toLowerCase());
}

function isFlag(name: string, args: readonly string[]): boolean {
  return args.some((arg) => arg.startsWith('-') && arg.replace(/^-+/, '').split('=')[0] === name);
}

function unknownFlag(name: string, flags: readonly string[], help: string): Problem {
  // `--password:secret`: what is glued to the flag is not shown.
  if (/^password./i.test(name)) {
    return { code: 'unknown-flag', where: '--password…', message: 'unknown flag', hint: 'write --password SECRET' };
  }
  const near = nearestName(name, flags);
  const hint = near === undefined ? help : `did you mean --${near}?`;
  return { code: 'unknown-flag', where: `${name.length === 1 ? '-' : '--'}${name}`, message: 'unknown flag', hint };
}

function unknownCommand(name: string, help: string): Problem {
  const near = nearestName(name, COMMANDS);
  const hint = near === undefined ? help : `did you mean "${near}"?`;
  return { code: 'unknown-command', where: PROGRAM, message: `unknown command "${name}"`, hint };
}

function unexpected(name: string, hint: string): Problem {
  return { code: 'unexpected-argument', where: PROGRAM, message: `unexpected argument "${name}"`, hint };
}

/** One line each, and those messages that say little said again; a hint where a better one is known than the help. */
function inOurWords(message: string, command: string | undefined): Omit<Problem, 'code'> {
  const [, name, given = '', choices = ''] = /Argument: (\S+), Given: (.*), Choices: (.*)$/s.exec(message) ?? [];
  if (name !== undefined) {
    const near = nearestName(unquoted(given), choices.split(', ').map(unquoted));
    return {
      where: name === 'document' ? PROGRAM : `--${name}`,
      message: `expected one of ${choices}, got ${given}`,
      ...(near !== undefined && { hint: `did you mean ${near}?` }),
    };
  }
  const lacking = /^Not enough arguments following: (\S+)$/.exec(message);
  if (lacking !== null) {
    return { where: `--${lacking[1]}`, message: 'expected a value' };
  }
  if (message.startsWith('Not enough non-option arguments') && message.endsWith('need at least 2')) {
    return { where: PROGRAM, message: 'expected two runs, the one before and the one after' };
  }
  const short = message.startsWith('Not enough non-option arguments');
  return {
    where: PROGRAM,
    message: short
      ? `expected the path of a ${WHAT_IS_READ[command ?? ''] ?? 'scenario'}`
      : message.replaceAll(/\s+/g, ' '),
  };
}
