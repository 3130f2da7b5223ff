/** Runs the scripts of `peers/`, and says whether what they start is installed. */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PEERS = fileURLToPath(new URL('./peers', import.meta.url));
const DEFAULT_TIMEOUT_MS = 60_000;
const execute = promisify(execFile);

/**
 * Its output. @param name without `.sh` @param words verb and `key=value` arguments
 * @throws Error with what it wrote when it fails
 */
export async function runPeerScript(
  name: string,
  words: readonly string[],
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<string> {
  const { stdout } = await execute('bash', [join(PEERS, `${name}.sh`), ...words], {
    timeout: timeoutMs,
    maxBuffer: 1 << 24,
  });
  return stdout;
}

/**
 * True when the command ends with exit code 0.
 * @throws Error when it does not and CALLGAUGE_CI=1, where a skipped suite must not look like a passed one.
 */
export function isInstalled(name: string, program: string, args: readonly string[]): boolean {
  const installed = spawnSync(program, args, { timeout: 10_000 }).status === 0;
  if (!installed && process.env['CALLGAUGE_CI'] === '1') {
    throw new Error(`expected ${name}, found none; run test/interop/peers/install.sh`);
  }
  if (!installed)
    console.warn(`${name} is not installed: its tests are skipped; test/interop/peers/install.sh installs it`);
  return installed;
}

/** Whether a script says that its peer is there. */
export function scriptSaysInstalled(name: string): boolean {
  return isInstalled(name, 'bash', [join(PEERS, `${name}.sh`), 'installed']);
}
