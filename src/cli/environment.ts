/**
 * What the environment says: the twin of each flag (`--rate` is CALLGAUGE_RATE; a flag that is given wins), and the choice of
 * the socket back end. Any other CALLGAUGE_ variable is somebody else's and is left alone.
 */
import type { Argv } from 'yargs';
import { ProblemsError, type Problem } from '../lib/errors.js';
import type { MediaWorkerSetup } from '../worker/messages.js';
import type { ProcessHost } from './host.js';

const PREFIX = 'CALLGAUGE_';
const BACKEND_VARIABLE = `${PREFIX}NET_BACKEND`;
/** Keys of yargs that are no flags of ours. */
const NO_TWIN: ReadonlySet<string> = new Set(['help', 'version', 'scenario', 'document', 'result', 'run', 'file']);
const TRUTH: Readonly<Record<string, boolean>> = { 1: true, true: true, yes: true, 0: false, false: false, no: false };

/** What yargs knows of the declared options and its published types do not tell. */
export interface DeclaredOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly boolean: readonly string[];
  readonly array: readonly string[];
}

export function declaredOptions<T>(program: Argv<T>): DeclaredOptions {
  return (program as unknown as { getOptions(): DeclaredOptions }).getOptions();
}

/** Gives each declared option its twin; to be called after the last option. @throws ProblemsError for a switch that is neither on nor off */
export function withEnvironment<T>(command: Argv<T>, host: ProcessHost): Argv<T> {
  const { key, boolean, array } = declaredOptions(command);
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(key).filter((name) => /^[a-z][a-z-]*$/.test(name) && !NO_TWIN.has(name))) {
    const variable = PREFIX + name.replaceAll('-', '_').toUpperCase();
    const text = host.env[variable] ?? '';
    if (text === '') {
      continue; // unset, or emptied as CI systems do
    }
    if (!isGiven(name, host.args)) host.twins.set(variable, text);
    if (boolean.includes(name)) {
      const truth = TRUTH[text.toLowerCase()];
      values[name] = truth;
      if (truth === undefined) {
        problems.push({ code: 'bad-flag', where: variable, message: `expected 1 or 0, got ${JSON.stringify(text)}` });
      }
    } else {
      values[name] = array.includes(name) ? [text] : text;
    }
  }
  if (problems.length > 0) {
    throw new ProblemsError(problems);
  }
  return command.config(values);
}

/** A flag that is given wins over its twin. */
function isGiven(name: string, args: readonly string[]): boolean {
  return args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
}

/** CALLGAUGE_NET_BACKEND: `libc` does without io_uring, `dgram` without the native library. @throws ProblemsError for any other word */
export function netBackend(host: ProcessHost): MediaWorkerSetup['backend'] {
  const text = host.env[BACKEND_VARIABLE] ?? '';
  if (text === '' || text === 'auto') {
    return 'auto';
  }
  if (text === 'libc' || text === 'dgram') {
    return text;
  }
  const message = `expected auto, libc or dgram, got ${JSON.stringify(text)}`;
  throw new ProblemsError([{ code: 'bad-backend', where: BACKEND_VARIABLE, message }]);
}

/** The environment for a program of ours that takes its orders from us: without the twins of our own flags. */
export function withoutTwins(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith(PREFIX) || name === BACKEND_VARIABLE),
  );
}
