/** The built program as a user runs it: `run` to its end with its files read back, `answer` until it is stopped. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { analysisSchema, type Analysis } from '../../src/analysis/analysis.js';
import { parseResult } from '../../src/report/json.js';
import type { Result } from '../../src/run/result.js';
import type { DirectionQuality } from '../../src/run/result-quality.js';

export const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const DEFAULT_TIMEOUT_MS = 60_000;
const ANSWER_START_MS = 10_000;

/** One line of calls.ndjson.gz, as far as tests read it. */
export interface CallRow {
  /** Counted from 0 in the order of the starts. */
  readonly call: number;
  readonly callId: string;
  readonly endpoint: string;
  /** Of the called user of ours; null: it was none. */
  readonly calledEndpoint: string | null;
  readonly outcome: string;
  readonly cause: string | null;
  readonly detail: string | null;
  readonly earlyMedia: boolean;
  /** ms since the start of the run. */
  readonly establishedMs: number | null;
  readonly received: {
    readonly expected: number;
    readonly received: number;
    readonly lost: number;
    readonly duplicate: number;
    readonly reordered: number;
    readonly jitterMs: number | null;
    readonly jitterMaxMs: number | null;
    readonly otherSource: boolean;
    /** ms since establishedMs. */
    readonly firstPacketMs: number | null;
  } | null;
  readonly marker: string | null;
  readonly sent: {
    readonly packets: number;
    readonly received: number | null;
    readonly lost: number | null;
    readonly basis: string | null;
  } | null;
}

/** One line of seconds.ndjson.gz, as far as tests read it. */
export interface SecondRow {
  readonly call: number;
  readonly direction: 'received' | 'sent';
  readonly second: number;
  readonly lost: number | null;
  readonly rttMs: number | null;
}

export interface RunOutcome {
  readonly exitCode: number;
  readonly wallMs: number;
  readonly stderr: string;
  /** From result.json, checked by its schema. */
  readonly result: Result;
  readonly calls: readonly CallRow[];
  readonly seconds: readonly SecondRow[];
  /** Files of captured packets, by call. */
  readonly captures: ReadonlyMap<number, Uint8Array>;
}

export interface RunOptions {
  /** Network namespace to run in; default: that of the test. */
  readonly namespace?: string;
  /** Text of the scenario file; without it the arguments make the run. */
  readonly scenario?: string;
  readonly timeoutMs?: number;
}

/**
 * `callgauge run … --json --out` a folder of its own, which is removed again.
 * @throws Error when it wrote no valid result.json, or printed another one
 */
export async function runCallgauge(args: readonly string[], options: RunOptions = {}): Promise<RunOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'callgauge-run-'));
  try {
    const file = join(directory, 'scenario.yaml');
    if (options.scenario !== undefined) writeFileSync(file, options.scenario);
    const positional = options.scenario === undefined ? [] : [file];
    const startedAt = performance.now();
    const { child, output } = start(['run', ...positional, ...args, '--json', '--out', directory], options.namespace);
    const exitCode = await exitOf(child, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const wallMs = performance.now() - startedAt;
    return { exitCode, wallMs, stderr: output.stderr, ...filesOf(directory, output) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function filesOf(directory: string, output: Output): Pick<RunOutcome, 'result' | 'calls' | 'seconds' | 'captures'> {
  let text: string;
  try {
    text = readFileSync(join(directory, 'result.json'), 'utf8');
  } catch {
    throw new Error(`expected a result.json, found none; stderr: ${output.stderr}`);
  }
  if (text !== output.stdout) {
    throw new Error(`expected --json to print result.json, found: ${output.stdout.slice(0, 200)}`);
  }
  return {
    result: parseResult(text),
    calls: rowsOf<CallRow>(directory, 'calls.ndjson.gz'),
    seconds: rowsOf<SecondRow>(directory, 'seconds.ndjson.gz'),
    captures: capturesOf(join(directory, 'evidence')),
  };
}

function capturesOf(folder: string): Map<number, Uint8Array> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names.flatMap((name) => {
    const call = /^call-(\d+)\.pcapng$/.exec(name)?.[1];
    return call === undefined ? [] : ([[Number(call), readFileSync(join(folder, name))]] as const);
  });
  return new Map(files);
}

/** What `callgauge analyze` says of a capture. @throws Error when it does not end with 0 */
export function analyzeCapture(file: string): Analysis {
  const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, 'analyze', file, '--json'], {
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`expected analyze to end with 0, found ${status}: ${stderr}`);
  return analysisSchema.parse(JSON.parse(stdout));
}

function rowsOf<T>(directory: string, file: string): T[] {
  const lines = gunzipSync(readFileSync(join(directory, file)))
    .toString()
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

export interface Answerer {
  readonly port: number;
  /** Ends it by SIGTERM; the counters of its end line by name. */
  stop(): Promise<{ readonly exitCode: number; readonly counts: Readonly<Record<string, number>> }>;
}

export interface AnswererPlace {
  readonly namespace: string;
  readonly address: string;
}

/**
 * `callgauge answer` on a port of 127.0.0.1 (0: any free one), or of an address in a network namespace.
 * @throws Error when it does not come up
 */
export async function startAnswerer(
  port: number,
  args: readonly string[] = [],
  place?: AnswererPlace,
): Promise<Answerer> {
  const listen = ['--listen', `${place?.address ?? '127.0.0.1'}:${port}`, '--rtp-ports', '28000-28999'];
  const { child, output } = start(['answer', ...listen, ...args], place?.namespace);
  const deadline = performance.now() + ANSWER_START_MS;
  const shown = (): string | undefined => /^answering on sip:[\d.]+:(\d+) /m.exec(output.stderr)?.[1];
  while (shown() === undefined) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`expected an answerer on port ${port}, found: ${output.stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stop: Answerer['stop'] = async () => {
    child.kill('SIGTERM');
    const exitCode = await exitOf(child, 10_000);
    const pairs = output.stdout.matchAll(/(\w+)=(\d+)/g);
    return { exitCode, counts: Object.fromEntries([...pairs].map(([, name, value]) => [name, Number(value)])) };
  };
  let stopped: ReturnType<Answerer['stop']> | undefined;
  return { port: Number(shown()), stop: () => (stopped ??= stop()) };
}

/** What a run says of the audio. @throws Error when it says nothing */
export function receivedOf(result: Result): DirectionQuality {
  if (result.quality.received === null) throw new Error('expected figures of the received audio, found null');
  return result.quality.received;
}

/** `METHOD status` → count. */
export function responsesOf({ signalling }: Result): Record<string, number> {
  return Object.fromEntries(signalling.responses.map(({ method, status, count }) => [`${method} ${status}`, count]));
}

/** Gate expression → state. */
export function gateStates({ gates }: Result): Record<string, string> {
  return Object.fromEntries(gates.map(({ expr, state }) => [expr, state]));
}

/**
 * Checks how a run ended.
 * @throws Error that says why it ended otherwise: perhaps this host was too busy to measure
 */
export function checkEnd({ exitCode, result, stderr }: RunOutcome, expected: number, verdict: Result['verdict']): void {
  if (exitCode === expected && result.exitCode === expected && result.verdict === verdict) return;
  const { reasons, generator } = result;
  const found = {
    exitCode,
    inResult: result.exitCode,
    verdict: result.verdict,
    reasons,
    generator: generator.reasons,
    stderr,
  };
  throw new Error(`expected exit code ${expected} and ${verdict}, found ${JSON.stringify(found)}`);
}

interface Output {
  stdout: string;
  stderr: string;
}

function start(args: readonly string[], namespace?: string): { child: ChildProcess; output: Output } {
  // Every flag has a twin in the environment: those of the test run are not for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CALLGAUGE_')));
  // `ip netns exec` becomes the program, so that a signal to the child reaches it.
  const [program = '', ...words] = [
    ...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]),
    process.execPath,
    PROGRAM,
    ...args,
  ];
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output };
}

/** @throws Error when it had to be killed */
async function exitOf(child: ChildProcess, timeoutMs: number): Promise<number> {
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [code] = child.exitCode === null ? ((await once(child, 'close')) as [number | null]) : [child.exitCode];
  clearTimeout(timer);
  if (code === null) throw new Error(`expected callgauge to end within ${timeoutMs} ms; it was killed`);
  return code;
}
