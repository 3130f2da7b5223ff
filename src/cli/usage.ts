/** The complaints of yargs about the command line, as problems in our own form: what was given, and what was perhaps meant. */
import type { Problem } from '../lib/errors.js';
import { nearestName } from '../lib/nearest.js';
import type { DeclaredOptions } from './environment.js';

const COMMANDS = ['run', 'answer', 'validate', 'doctor', 'compare', 'schema'];
const PROGRAM = 'callgauge';
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
  return [{ code: 'usage', ...inOurWords(message), hint: message === EXPECTED_COMMAND ? first : help }];
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

/** One line each, and those messages that say little said again. */
function inOurWords(message: string): { where: string; message: string } {
  const choices = /Argument: (\S+), Given: (.*), Choices: (.*)$/s.exec(message);
  if (choices !== null) {
    return {
      where: choices[1] === 'document' ? PROGRAM : `--${choices[1]}`,
      message: `expected one of ${choices[3]}, got ${choices[2]}`,
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
  return { where: PROGRAM, message: short ? 'expected the path of a scenario' : message.replaceAll(/\s+/g, ' ') };
}
