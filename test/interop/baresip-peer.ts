/** baresip, a soft phone, as the other side of a test: it echoes, or it calls us. */
import { isInstalled, runPeerScript } from './peer-script.js';

const PORT = 15_800;
const CALLING_PORT = 15_802;
const START_AND_END_MS = 30_000;

export interface Baresip {
  /** `sip:` URI that it answers. */
  readonly uri: string;
  /** Ends it; nothing when it has ended. */
  stop(): Promise<void>;
}

/** What a calling baresip says at its end. */
export interface BaresipSummary {
  readonly sent: number;
  readonly received: number;
  /** By RTCP, `sent` being what our reports told it; null when it got no report. */
  readonly rtcp: {
    readonly lost: { readonly sent: number; readonly received: number };
    readonly jitterMs: { readonly sent: number; readonly received: number };
  } | null;
}

/** @throws Error when it is missing and CALLGAUGE_CI=1 */
export function baresipAvailable(): boolean {
  return isInstalled('baresip', 'sh', ['-c', 'command -v baresip']);
}

/** @throws Error with its log when it does not come up */
export async function startBaresip(): Promise<Baresip> {
  await runPeerScript('baresip', ['start', `port=${PORT}`]);
  return {
    uri: `sip:baresip@127.0.0.1:${PORT}`,
    stop: async () => void (await runPeerScript('baresip', ['stop', `port=${PORT}`])),
  };
}

/** One call with a tone, ended by baresip after so many seconds from its start. @throws Error when it was not answered */
export async function callByBaresip(target: string, seconds: number, codec = 'PCMU/8000/1'): Promise<BaresipSummary> {
  const words = ['call', `target=${target}`, `port=${CALLING_PORT}`, `duration=${seconds}`, `codecs=${codec}`];
  return parseSummary(await runPeerScript('baresip', words, seconds * 1000 + START_AND_END_MS));
}

/** The table at the end of a call: columns are what it sent and what it received. @throws Error without one */
export function parseSummary(text: string): BaresipSummary {
  const row = (label: string): { sent: number; received: number } | null => {
    const [, sent, received] = new RegExp(`^${label}:\\s+([\\d.]+)\\s+([\\d.]+)`, 'm').exec(text) ?? [];
    return sent === undefined ? null : { sent: Number(sent), received: Number(received) };
  };
  const packets = row('packets');
  if (packets === null) throw new Error(`expected the summary of a call by baresip, found ${text.slice(-2000)}`);
  const [lost, jitterMs] = [row('lost'), row('jitter')];
  return { ...packets, rtcp: lost === null || jitterMs === null ? null : { lost, jitterMs } };
}
