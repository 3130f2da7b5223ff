/** `target: loopback`: our own answerer as a child process on an ephemeral port, ended with the run. */
import type { ChildProcess } from 'node:child_process';
import { CannotRunError } from '../lib/errors.js';
import type { ImpairmentCounts } from '../lib/impairment.js';
import type { ProcessHost } from './host.js';

export interface LoopbackAnswerer {
  readonly port: number;
  /** Gives what its bad link did; null without one. */
  stop(): Promise<ImpairmentCounts | null>;
}

export interface LoopbackOptions {
  /** `--impair` of `answer`; null: none. */
  readonly impairment?: string | null;
  readonly seed?: number;
  /** Its other flags. */
  readonly flags?: readonly string[];
}

/** One that dies is noticed at once; a busy host takes seconds to start a few processes beside each other. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 3000;

/** @throws CannotRunError when the child does not come up */
export async function startLoopback(host: ProcessHost, options: LoopbackOptions = {}): Promise<LoopbackAnswerer> {
  const child = host.spawnSelf(['answer', '--listen', '127.0.0.1:0', '--quiet', ...flagsOf(options)]);
  let errors = '';
  let counts: ImpairmentCounts | null = null;
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-1000);
  });
  child.on('message', (message: { readonly impairment?: ImpairmentCounts }) => {
    counts = message.impairment ?? counts;
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await listeningPort(child, () => errors);
  return {
    port,
    stop: async () => {
      await stopChild(child, exited);
      return counts;
    },
  };
}

function flagsOf({ impairment = null, seed, flags = [] }: LoopbackOptions): string[] {
  return [
    ...(impairment === null ? [] : ['--impair', impairment]),
    ...(seed === undefined ? [] : ['--seed', String(seed)]),
    ...flags,
  ];
}

function listeningPort(child: ChildProcess, errors: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill();
      reject(new CannotRunError('loopback', `the loopback answerer did not start: ${why}`));
    };
    const timer = setTimeout(() => fail('no answer in time'), START_TIMEOUT_MS);
    child.once('message', (message: { readonly port?: unknown }) => {
      clearTimeout(timer);
      if (typeof message.port === 'number') {
        resolve(message.port);
      } else {
        fail('unexpected message');
      }
    });
    child.once('exit', () => {
      clearTimeout(timer);
      fail(errors().trim() || 'it ended at once');
    });
  });
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
