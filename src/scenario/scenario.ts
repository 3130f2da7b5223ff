/** The scenario as a run uses it: all defaults filled, times in ms, rates in calls/s, and where each value was written. */
import type { SrtpSuiteName } from '../lib/srtp-suite.js';
import type { CodecName, ProfileName } from './fields.js';
import type { FlowPlan } from './flow-plan.js';
import type { ReplayPlan } from './replay.js';
import type { UserRange } from './user-range.js';

/** In place of a secret. */
export const REDACTED = '[redacted]';

export interface Scenario {
  readonly version: 1;
  readonly name: string;
  /** At least one; calls are dealt to them in turn. */
  readonly endpoints: readonly Endpoint[];
  /** Credentials for every endpoint that has none of its own; null: none. */
  readonly auth: Auth | null;
  /** Who registers at the target, and places the calls; null: nobody in particular. */
  readonly users: Users | null;
  /** Path of a WAV file; null: built-in speech. */
  readonly audioPath: string | null;
  /** Offered, in order of preference; at least one. */
  readonly codecs: readonly CodecName[];
  /** Audio of a packet in a codec that is built in, or Opus of ours; `ptimeOf` for all. */
  readonly ptimeMs: number;
  /** Codecs that are not built in. */
  readonly replay: readonly ReplayPlan[];
  /** False: signalling only, no RTP is sent. */
  readonly media: boolean;
  /** RTCP-XR is offered. */
  readonly rtcpXr: boolean;
  /** Comfort noise is offered, and our pauses are not sent where it is taken. */
  readonly silenceSuppression: boolean;
  /** Offered and demanded, in order of preference; null: the audio is in the clear. */
  readonly srtp: readonly SrtpSuiteName[] | null;
  readonly call: CallPlan;
  readonly load: Load;
  /** null: the default gates, or those of the profile alone; empty: none beside those of the profile. */
  readonly gates: readonly GateEntry[] | null;
  /** A ready-made set of gates; null: none. */
  readonly profile: ProfileName | null;
  readonly safety: Safety;
  readonly network: Network;
  /** Our own answerer; `impair`: the bad link that it sends over, as `--impair` of `answer` reads it. */
  readonly loopback: { readonly impair: string | null };
  /** Whose packets are captured. */
  readonly capture: Capture;
  /** `media: null`: as many as the expected peak needs. */
  readonly workers: {
    readonly signalling: number;
    readonly media: number | null;
    /** Threads for RTP go before all others of this host. */
    readonly realtime: boolean;
  };
  /** `numbers`: users, numbers and caller names are hidden in everything that is written. */
  readonly redact: 'numbers' | null;
  /** null: drawn at the start and written into the result. */
  readonly seed: number | null;
  /** Where the values stand; absent on a scenario that was not read from text or flags. */
  readonly sources?: Sources;
}

export interface Endpoint {
  readonly name: string;
  readonly target: Target;
  readonly labels: Readonly<Record<string, string>>;
  /** Null: those of the scenario. */
  readonly auth: Auth | null;
}

/** User and password of digest authentication. The password may be printed nowhere: see `shownPassword`. */
export interface Auth {
  readonly user: string;
  readonly password: string;
}

export interface Users {
  /** As they are written. */
  readonly entries: readonly UserEntry[];
  /** Everybody by name. */
  readonly list: readonly User[];
  /** New registrations per second. */
  readonly rate: number;
  /** Asked for. */
  readonly expiresMs: number;
}

/** One user, a user a row of a CSV file, or a range. */
export interface UserEntry {
  readonly user: string | null;
  readonly range: UserRange | null;
  readonly password: string | null;
  readonly authUser: string | null;
}

export interface User {
  readonly user: string;
  readonly authUser: string;
  /** Null: nothing is asked for. */
  readonly password: string | null;
}

export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** Where SIP goes: `host` is lower-case and an IPv6 address has no brackets in it; `port` null: none was written. */
export interface SipAddress {
  readonly uri: string;
  readonly host: string;
  readonly port: number | null;
  readonly transport: TransportName;
  /** Nothing but a domain is named, neither transport nor port: DNS may name another transport (RFC 3263 §4.1). */
  readonly transportByDns: boolean;
  /** A SIPS URI. */
  readonly isSecure: boolean;
}

/** `uri` is the Request-URI; `user` is as written, and empty for a PBX whose users are called. */
export type Target = { readonly kind: 'loopback' } | ({ readonly kind: 'sip'; readonly user: string } & SipAddress);

export interface CallPlan {
  /** The number of the target, or each other. */
  readonly to: 'target' | 'users';
  /** From the answer to our BYE; longer where the steps take longer. */
  readonly holdMs: number;
  /** Without a final response for so long: CANCEL. */
  readonly ringTimeoutMs: number;
  /** The outcome that counts as success: an answer, or this final status (300–699). */
  readonly expect: 'answered' | number;
  /** INVITEs carry the token by which our own answerer returns what it received. */
  readonly figures: boolean;
  /** What else happens in it. */
  readonly flow: FlowPlan;
}

export interface Capture {
  /** Calls, spread over the run; 0: none. */
  readonly legs: number;
  /** With what is said; else headers alone. */
  readonly audio: boolean;
}

export interface Load {
  /** Calls in all, or null: as many as the stages give. */
  readonly calls: number | null;
  /** Cap on calls alive at once, or null. */
  readonly concurrency: number | null;
  readonly stages: readonly Stage[];
  /** From the end of the idle stages. */
  readonly warmupMs: number;
}

export interface Stage {
  /** `ramp`: linear from the rate before it (0 at first) to `rate`; `hold`: stays at `rate`. */
  readonly kind: 'ramp' | 'hold';
  readonly rate: number;
  /** null: only on the last stage and with `calls`: until the calls are used up. */
  readonly durationMs: number | null;
  /** At the start only: its calls and seconds are judged by nothing, and are what `idle.` compares with. */
  readonly idle?: true;
}

export interface GateEntry {
  readonly expr: string;
  readonly severity?: 'gate' | 'warn';
  readonly minSamples?: number;
  readonly onNoData?: 'inconclusive' | 'fail' | 'skip';
  /** Durations as text, such as `30s`: the gates read them. */
  readonly for?: string;
  readonly after?: string;
  readonly abortOnFail?: boolean;
  /** For problems: `file:line:col gates[0]` or `--gate`. */
  readonly where: string;
}

export interface Safety {
  /** The owner of every target has agreed to the test. */
  readonly authorised: boolean;
  /** Host names, addresses and CIDRs; null: no list. */
  readonly allow: readonly string[] | null;
  /** Hosts of `--allow-public`. */
  readonly allowPublic: readonly string[];
  /** Hard cap, calls/s. */
  readonly maxRate: number;
  /** Hard cap on calls alive at once. */
  readonly maxConcurrency: number;
  /** Stop after so many unexpected final 4xx–6xx or timeouts in a row. */
  readonly stopAfterRefusals: number;
}

export interface Network {
  readonly localAddress: string | null;
  /** An address, or `learned`; null: the local one. */
  readonly advertise: string | null;
  readonly rtpPorts: { readonly first: number; readonly last: number };
  /** How long to wait for the targets before the start. */
  readonly waitMs: number;
  /** From one OPTIONS to the next to each endpoint during the run; null: none. */
  readonly optionsIntervalMs: number | null;
  readonly tls: Tls;
  /** Over TCP, TLS and WebSockets: one for all calls of a worker to an endpoint, or one for each call; for each user also over UDP. */
  readonly connections: 'worker' | 'user' | 'call';
  /** Of the WebSocket URL. */
  readonly webSocketPath: string;
  /** Everything goes there first; null: straight to the targets. */
  readonly outboundProxy: SipAddress | null;
  /** Code point of SIP over UDP. */
  readonly signallingDscp: number;
  /** Code point of RTP and RTCP. */
  readonly mediaDscp: number;
  /** From one keep-alive to the next while calls are up; 0: none. */
  readonly keepAliveMs: number;
}

/** For TLS and WSS; files in PEM form. */
export interface Tls {
  /** Authorities to trust instead of the system's. */
  readonly ca: string | null;
  /** Our certificate and its key. */
  readonly cert: string | null;
  readonly key: string | null;
  /** May be printed nowhere: see `shownPassword`. */
  readonly keyPassword: string | null;
  /** Expected in the certificates, and asked for; null: the host of the target. */
  readonly serverName: string | null;
  /** Takes any certificate. */
  readonly insecure: boolean;
}

/** Both keyed by document path (`load.stages[1].rate`; a lone `target` counts as `endpoints[0].target`). */
export interface Sources {
  /** `file:line:col path`, or a flag. */
  readonly where: Readonly<Record<string, string>>;
  /** Values that came from `${env:…}`, `${file:…}` or `${csv:…}`: the text with the reference in it. Print this, not the value. */
  readonly written: Readonly<Record<string, string>>;
}

/** Where the value at a document path was written: its own place or that of the nearest parent; else the path. */
export function placeOf(scenario: Scenario, path: string): string {
  for (let at = path; at !== ''; at = parentPath(at)) {
    const where = scenario.sources?.where[at];
    if (where !== undefined) return where;
  }
  return path;
}

/** What may be printed of a value: the reference where it came from one, else `text`. */
export function shownAt(scenario: Scenario, path: string, text: string): string {
  return scenario.sources?.written[path] ?? text;
}

/** What stands for a password in print: the reference that it came from, where it is nothing else, or a mark. */
export function shownPassword(scenario: Scenario, path: string): string {
  const written = scenario.sources?.written[path] ?? '';
  return /^\$\{(env|file|csv):[^{}]+\}$/.test(written) ? written : REDACTED;
}

/** The scenario with its value at `path` and below now coming from `where` (a flag). */
export function movedSource(sources: Sources | undefined, path: string, where: string): Sources {
  const below = (key: string): boolean => key === path || key.startsWith(`${path}.`) || key.startsWith(`${path}[`);
  const kept = (table: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(table).filter(([key]) => !below(key)));
  return { where: { ...kept(sources?.where), [path]: where }, written: kept(sources?.written) };
}

/** `a.b[0]` → `a.b` → `a` → the empty string. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.'), path.lastIndexOf('[')));
}
