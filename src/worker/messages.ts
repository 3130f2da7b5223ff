/** What travels between threads: few, typed messages. Commands go down, one batch per worker and second goes up. */
import type { MessagePort } from 'node:worker_threads';
import type { CallRecord } from '../call/outcome.js';
import type { ReachRules } from '../lib/reach.js';
import type { Credentials } from '../sip/auth/authorizer.js';

export type { CallRecord } from '../call/outcome.js';

// ---- media workers ---------------------------------------------------------------------------------------------------

/** What a live leg sends: the shared clip, or what it receives (the answerer's echo). */
export type MediaSource = 'clip' | 'echo';

export interface MediaWorkerSetup {
  readonly kind: 'media';
  readonly index: number;
  /** Media workers in all: they share the port range. */
  readonly workers: number;
  readonly backend: 'auto' | 'dgram';
  readonly localAddress: string;
  readonly rtpPorts: PortRange;
  readonly source: MediaSource;
  readonly ptimeMs: number;
  readonly codec: string;
  /** The encoded clip, shared by all workers: packets of `bytesPerPacket` in a row. */
  readonly clip: { readonly payloads: Uint8Array; readonly bytesPerPacket: number; readonly packetCount: number };
  readonly seed: number;
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** An RTP socket on an even port and its RTCP socket on the next one. */
export interface Slot {
  /** Index on its media worker. */
  readonly slot: number;
  readonly rtpPort: number;
}

/** From the signalling worker that owns the slot. */
export type SlotCommand =
  | { readonly type: 'arm'; readonly slot: number; readonly call: number; readonly endpoint: number }
  | {
      readonly type: 'connect';
      readonly slot: number;
      readonly remoteAddress: string;
      readonly remotePort: number;
      readonly payloadType: number;
      /** By the SDP; a way that is not open is neither used nor expected. */
      readonly sends: boolean;
      readonly receives: boolean;
      /** When the ACK left or came; ns, host's monotonic clock. */
      readonly answeredAtNs: number;
    }
  | { readonly type: 'release'; readonly slot: number; readonly endedAtNs: number }
  | { readonly type: 'grow'; readonly count: number };

/** To the signalling worker that owns the slot. */
export type SlotReport =
  /** `more`: the rest of what was asked for follows. None at all: nothing is left to open. */
  | { readonly type: 'slots'; readonly slots: readonly Slot[]; readonly more: boolean }
  | { readonly type: 'free'; readonly slot: number };

/** Starts the run: its epoch on the host's monotonic clock, ns, is the zero of every time that is reported. */
export interface Begin {
  readonly type: 'begin';
  readonly epochNs: number;
}

/** From main. */
export type MediaCommand =
  | { readonly type: 'channel'; readonly port: MessagePort; readonly slots: number }
  | Begin
  | { readonly type: 'stop' };

/** Columns of a row: one leg, direction and second. NaN where nothing is known. */
export const ROW = {
  call: 0,
  leg: 1,
  endpoint: 2,
  second: 3,
  expected: 4,
  received: 5,
  lost: 6,
  discarded: 7,
  duplicate: 8,
  reordered: 9,
  jitterMs: 10,
  rFactor: 11,
  mosLq: 12,
  columns: 13,
} as const;

/** Columns of a leg's totals, sent once when its last second has closed. */
export const LEG = {
  call: 0,
  endpoint: 1,
  expected: 2,
  received: 3,
  lost: 4,
  discarded: 5,
  duplicate: 6,
  reordered: 7,
  stray: 8,
  malformed: 9,
  /** RTP packets taken for the leg, discards included; 0: no media. */
  taken: 10,
  jitterMs: 11,
  jitterMaxMs: 12,
  rFactor: 13,
  longestSilenceMs: 14,
  sent: 15,
  missed: 16,
  /** From the ACK to the first RTP packet sent, ms. */
  ackToRtpMs: 17,
  /** 1: what came back were our own packets. */
  reflected: 18,
  /** 1: the source was another address or port than the SDP's. */
  otherSource: 19,
  /** From the ACK to the end of the call, ms. */
  establishedForMs: 20,
  /** 1: their SDP sends, so silence is loss. */
  expectsAudio: 21,
  mosLq: 22,
  /** Time of the ACK, ms since the start of the run. */
  answeredMs: 23,
  columns: 24,
} as const;

export interface MediaBatch {
  readonly type: 'media';
  readonly worker: number;
  /** The second that the rows belong to. */
  readonly second: number;
  readonly rows: Float64Array;
  readonly legs: Float64Array;
  readonly sent: number;
  readonly missed: number;
  readonly sendErrors: number;
  /** Pairs of (µs, count). */
  readonly latenessUs: Float64Array;
  readonly received: number;
  readonly drops: number | null;
  readonly clockStepped: boolean;
}

export type MediaReport =
  | MediaBatch
  | { readonly type: 'ready'; readonly backend: 'libc' | 'dgram' }
  | { readonly type: 'cannot-open'; readonly code: string; readonly message: string };

// ---- signalling workers ----------------------------------------------------------------------------------------------

export interface SignallingSetup {
  readonly kind: 'signalling';
  readonly index: number;
  readonly workers: number;
  readonly localAddress: string;
  /** 0: any free port. */
  readonly localPort: number;
  readonly advertise: string | null;
  readonly runToken: string;
  readonly ptimeMs: number;
  readonly codec: string;
  /** Where SIP and audio may go when the peer says so. */
  readonly reach: ReachRules;
  /** Null: signalling only; the port is that of one bound sink. */
  readonly sinkPort: number | null;
  readonly role: CallerRole | AnswererRole;
}

export interface CallerEndpoint {
  readonly uri: string;
  /** The address that was checked: the one that is called, whatever its name resolves to later. */
  readonly address: string;
  readonly port: number;
  readonly credentials: Credentials | null;
}

export interface CallerRole {
  readonly type: 'caller';
  readonly endpoints: readonly CallerEndpoint[];
  readonly load: {
    readonly calls: number | null;
    readonly concurrency: number | null;
    readonly stages: readonly {
      readonly kind: 'ramp' | 'hold';
      readonly rate: number;
      readonly durationMs: number | null;
    }[];
  };
  readonly holdMs: number;
  readonly ringTimeoutMs: number;
  readonly expect: 'answered' | number;
  readonly stopAfterRefusals: number;
  /** Hard cap, calls/s: also when starts that were held back are made up for. */
  readonly maxRate: number;
}

export interface AnswererRole {
  readonly type: 'answerer';
  /** Final status instead of an answer; null: answer. */
  readonly rejectStatus: number | null;
  /** Ringing before the answer, ms; null: never answer. */
  readonly ringMs: number | null;
  /** BYE this long after the ACK, ms; null: wait for theirs. */
  readonly dropAfterMs: number | null;
}

export type SignallingCommand =
  | { readonly type: 'media'; readonly worker: number; readonly port: MessagePort }
  | { readonly type: 'media-lost'; readonly worker: number }
  | { readonly type: 'wait'; readonly timeoutMs: number }
  | Begin
  /** Start nothing new, end what is live. */
  | { readonly type: 'drain'; readonly cause: string }
  | { readonly type: 'stop' };

/** Counters since the last batch. */
export interface SignallingBatch {
  readonly type: 'signalling';
  readonly worker: number;
  readonly second: number;
  readonly started: number;
  /** Starts that were due by the end of the second, in all. */
  readonly intended: number;
  readonly answered: number;
  readonly failed: number;
  /** Answered calls at the end of the second, and the most so far. */
  readonly active: number;
  readonly peakActive: number;
  /** Calls between INVITE and the end of the BYE. */
  readonly live: number;
  readonly records: readonly CallRecord[];
  /** Pairs of (µs, count): lateness of this thread's timers. */
  readonly loopDelayUs: Float64Array;
  readonly sip: SipCounts;
  /** No further call will start and none is live. */
  readonly finished: boolean;
}

/** Totals since the start. */
export interface SipCounts {
  readonly requests: readonly (readonly [method: string, count: number])[];
  readonly retransmissions: readonly (readonly [method: string, count: number])[];
  readonly responses: readonly (readonly [method: string, status: number, count: number])[];
  readonly malformed: number;
  /** Requests and forked answers that were dropped because there were too many. */
  readonly dropped: number;
}

export type SignallingReport =
  | SignallingBatch
  | {
      readonly type: 'ready';
      readonly localPort: number;
      readonly bufferBytes: { readonly requested: number; readonly granted: number };
    }
  | { readonly type: 'slots-open'; readonly opened: number }
  | { readonly type: 'waited'; readonly reachable: boolean }
  | { readonly type: 'cannot-open'; readonly code: string; readonly message: string }
  | { readonly type: 'stop-asked'; readonly detail: string };
