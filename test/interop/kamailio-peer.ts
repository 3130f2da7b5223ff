/** Kamailio with rtpengine in front of our own answerer: a proxy that stays in the route, and a relay that counts packets. */
import { runPeerScript, scriptSaysInstalled } from './peer-script.js';

const PORT = 15_700;
/** Where every call goes. */
export const BEHIND_KAMAILIO_PORT = 15_790;
const CONTROL = { control: 15_701, cli: 15_702 };

export interface KamailioOptions {
  /** Challenges every call (407) with this algorithm; password `secret`, any user. */
  readonly challenge?: 'MD5' | 'SHA-256';
}

/** Of rtpengine, over its life; both directions of all calls. */
export interface RelayTotals {
  readonly sessions: number;
  readonly packets: number;
  readonly errors: number;
  readonly oneWayStreams: number;
}

export interface Kamailio {
  readonly port: number;
  /** Whole when the calls have ended. */
  totals(): Promise<RelayTotals>;
  /** Ends both; nothing when they have ended. */
  stop(): Promise<void>;
}

/** @throws Error when one of them is missing and CALLGAUGE_CI=1 */
export function kamailioAvailable(): boolean {
  return scriptSaysInstalled('kamailio');
}

/** @throws Error with the log when one of them does not come up */
export async function startKamailio({ challenge }: KamailioOptions = {}): Promise<Kamailio> {
  const auth = challenge === undefined ? [] : ['auth=always', `algorithm=${challenge}`];
  const ports = [`port=${PORT}`, `upstream=127.0.0.1:${BEHIND_KAMAILIO_PORT}`, `control=${CONTROL.control}`];
  await runPeerScript('kamailio', ['start', ...ports, `cli=${CONTROL.cli}`, ...auth]);
  return {
    port: PORT,
    totals: async () =>
      parseTotals(await runPeerScript('kamailio', ['rtp', `cli=${CONTROL.cli}`, 'command=list totals'])),
    stop: async () => void (await runPeerScript('kamailio', ['stop', `port=${PORT}`])),
  };
}

/** @throws Error when a line is missing */
export function parseTotals(text: string): RelayTotals {
  const total = (label: string): number => {
    const value = new RegExp(`^\\s*${label}\\s*:(\\d+)\\s*$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`expected "${label}" in the totals of rtpengine, found ${text}`);
    return Number(value);
  };
  return {
    sessions: total('Total managed sessions'),
    packets: total('Total relayed packets'),
    errors: total('Total relayed packet errors'),
    oneWayStreams: total('Total number of 1-way streams'),
  };
}
