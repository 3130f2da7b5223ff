/** The built command line as a child process: what it printed, how it ended, and the files that it left. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import type { Result } from '../../src/run/result.js';

/** The package, and its program as `npm run build` left it. */
export const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
export const MAIN = join(PACKAGE, 'dist/main.js');
export const HOST = '127.0.0.1';
const TIMEOUT_MS = 60_000;

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A process group of its own, so that a test can signal the group as a terminal does. */
  readonly detached?: boolean;
}

export interface CliEnd {
  /** Null when a signal ended it that it did not catch. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const processes = new Set<ChildProcess>();
const folders: string[] = [];

afterAll(() => {
  for (const child of processes) {
    child.kill('SIGKILL');
  }
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

export class Cli {
  stdout = '';
  stderr = '';
  readonly end: Promise<CliEnd>;
  private readonly child: ChildProcess;
  private onOutput: () => void = () => {};

  constructor(command: string, args: readonly string[], options: CliOptions = {}) {
    const child = spawn(command, args, {
      cwd: options.cwd ?? tmpdir(),
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.detached === true,
    });
    this.child = child;
    processes.add(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => this.take('stdout', chunk));
    child.stderr.on('data', (chunk: Buffer) => this.take('stderr', chunk));
    this.end = once(child, 'close').then(([code]: unknown[]) => {
      clearTimeout(timer);
      processes.delete(child);
      this.onOutput();
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr };
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Until that text was printed. @throws when the program ends without it */
  async printed(text: string): Promise<void> {
    while (!(this.stdout + this.stderr).includes(text)) {
      if (!processes.has(this.child)) {
        throw new Error(`ended without printing "${text}": ${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.onOutput = resolve;
      });
    }
  }

  private take(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString();
    this.onOutput();
  }
}

export function startCli(args: readonly string[], options?: CliOptions): Cli {
  return new Cli(process.execPath, [MAIN, ...args], options);
}

export function cli(args: readonly string[], options?: CliOptions): Promise<CliEnd> {
  return startCli(args, options).end;
}

/** A script of bash in which `callgauge` is the program. */
export function bash(script: string, options?: CliOptions): Promise<CliEnd> {
  const program = `callgauge() { '${process.execPath}' '${MAIN}' "$@"; }`;
  return new Cli('bash', ['-c', `${program}\n${script}`], options).end;
}

export interface RunEnd extends CliEnd {
  readonly result: Result;
  readonly folder: string;
}

/** `callgauge run` with its files in a folder of their own. */
export async function run(args: readonly string[], options?: CliOptions): Promise<RunEnd> {
  const folder = temporaryFolder();
  const end = await cli(['run', ...args, '--out', folder], options);
  return { ...end, folder, result: readResult(folder) };
}

/**
 * The same; again when the test machine was too busy to measure media, which is what the tool then says itself.
 * @throws with what it printed, when it could not run at all
 */
export async function steadyRun(args: readonly string[], options?: CliOptions): Promise<RunEnd> {
  let end = await run(args, options);
  for (let again = 0; again < 3 && end.result.generator.verdict === 'strained'; again++) {
    end = await run(args, options);
  }
  if (end.result.verdict === 'could-not-run') throw new Error(end.stdout + end.stderr);
  return end;
}

export interface Answerer {
  readonly program: Cli;
  /** For `--target`. */
  readonly uri: string;
}

/** Our answerer on a free port, ready for calls. */
export async function startAnswerer(args: readonly string[] = []): Promise<Answerer> {
  const program = startCli(['answer', '--listen', `${HOST}:0`, ...args]);
  await program.printed('answering on');
  const port = /:(\d+) /.exec(program.stderr)?.[1];
  return { program, uri: `sip:echo@${HOST}:${port}` };
}

/** Ends it; gives its counts. */
export async function stopAnswerer({
  program,
}: Answerer): Promise<{ code: number | null; counts: Record<string, number> }> {
  program.signal('SIGTERM');
  const { code, stdout } = await program.end;
  const pairs = stdout
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split('='));
  return { code, counts: Object.fromEntries(pairs.map(([name = '', value]) => [name, Number(value)])) };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'callgauge-e2e-'));
  folders.push(folder);
  return folder;
}

/** A file in a folder of its own. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

export function readResult(folder: string): Result {
  return JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as Result;
}

/** The rows of an ndjson.gz file of a run. */
export function readRows<Row>(folder: string, name: 'calls' | 'seconds'): Row[] {
  const text = gunzipSync(readFileSync(join(folder, `${name}.ndjson.gz`))).toString();
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Row);
}

/** Every file below a folder as text, unpacked. */
export function filesOf(folder: string): { name: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      return {
        name: relative(folder, path),
        text: (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1'),
      };
    });
}

/** A target that says nothing and hears everything. */
export class MuteTarget {
  datagrams = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', () => this.datagrams++);
  }

  /** For `--target`. */
  get uri(): string {
    return `sip:echo@${HOST}:${this.socket.address().port}`;
  }

  static async open(): Promise<MuteTarget> {
    const socket = createSocket('udp4');
    socket.bind(0, HOST);
    await once(socket, 'listening');
    return new MuteTarget(socket);
  }

  close(): void {
    this.socket.close();
  }
}

/** Without what the machine of the tests may have set: twins of flags, and the files of a CI job. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(CALLGAUGE_|GITHUB_|NODE_OPTIONS$|FORCE_COLOR$|NO_COLOR$)/.test(name),
    ),
  );
}
