/** What travels between threads: few, typed messages. Commands go down, one batch per worker and second goes up. */
import type { RecordTable } from './record-table.js';
import type { MessagePort } from 'node:worker_threads';
import type { AnswererFlow } from '../call/answering-call.js';
import type { CallerFlow } from '../call/caller-context.js';
import type { CallerIdentity } from '../call/invite-of.js';
import type { DigitsToSend, DtmfMethod, ReceivedDigit } from '../call/dtmf.js';
import type { RemoteMedia } from '../call/media-slots.js';
import type { CallRecord } from '../call/outcome.js';
import type { PacketTimeCount } from '../call/packet-times.js';
import type { NetBackend, NetBackendChoice } from '../lib/net-backend.js';
import type { Impairment, ImpairmentCounts } from '../lib/impairment.js';
import type { ReachRules } from '../lib/reach.js';
import type { SrtpSuiteName } from '../lib/srtp-suite.js';
import type { Credentials } from '../sip/auth/authorizer.js';
import type { CodecImpairment } from '../quality/codec-impairment.js';
import type { TlsMaterial } from '../sip/transport/tls-settings.js';
import type { Protocol } from '../sip/transport/transport.js';
import type { ReliableProvisionalWish } from '../sip/ua/core.js';
import type { SipServer } from '../sip/ua/server-list.js';
import type { SessionTimerWish } from '../sip/ua/session-timer.js';
import type { CapturePart, CaptureSetup } from './capture-messages.js';
import type { RegistrationFigures, RegistrationReport, UsersRole } from './user-messages.js';

export { HEADERS_PER_RUN, type CapturePart, type CaptureSetup } from './capture-messages.js';
export { causeKey, hasFailed, HOST_LIMITS, NO_GROUP, type CallRecord } from '../call/outcome.js';
export type { PacketTimeCount } from '../call/packet-times.js';
export type { TlsMaterial } from '../sip/transport/tls-settings.js';
export type {
  CallMatches,
  RegistrationFailures,
  RegistrationCounts,
  RegistrationFigures,
  RegistrationReport,
  UsersRole,
} from './user-messages.js';

// ---- media workers ---------------------------------------------------------------------------------------------------

/** What a live leg sends: the shared clip, or what it receives (the answerer's echo). */
export type MediaSource = 'clip' | 'echo';

export interface MediaWorkerSetup {
  readonly kind: 'media';
  readonly index: number;
  /** Media workers in all: they share the port range. */
  readonly workers: number;
  readonly backend: NetBackendChoice;
  /** Code point of all that is sent (RFC 2474); not set where native sockets are not to be had. */
  readonly dscp: number;
  /** Goes before all other threads of this host (SCHED_FIFO). */
  readonly realtime?: boolean;
  readonly localAddress: string;
  readonly rtpPorts: PortRange;
  readonly source: MediaSource;
  readonly ptimeMs: number;
  /** The codecs that legs may agree on, each with the clip in it. */
  readonly clips: readonly CodecClip[];
  readonly seed: number;
  /** The pauses of the clip are looked for beforehand: legs may leave them out. */
  readonly suppressesSilence?: boolean;
  /** A bad link that everything sent goes through; absent: none. */
  readonly impairment?: Impairment;
  /** What is captured of the packets; absent: nothing. */
  readonly capture?: CaptureSetup;
}

/** The clip in one codec, shared by all workers: packets of `bytesPerPacket` in a row. */
export interface CodecClip {
  /** Name in the codec table. */
  readonly codec: string;
  readonly payloads: Uint8Array;
  readonly bytesPerPacket: number;
  readonly packetCount: number;
  /** Of a codec that is not built in: its packets as they were captured, the longest of `bytesPerPacket`. */
  readonly replayed?: ReplayedClip;
}

/** What must be known of a codec that nobody here encodes or decodes. */
export interface ReplayedCodec {
  /** Upper case, as rows and reports have it. */
  readonly name: string;
  /** As the SDP has it. */
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels: number;
  readonly payloadType: number;
  readonly fmtp: string | null;
  /** Behind the codecs of the table, whose indices rows have. */
  readonly index: number;
  /** Null: it has no score. */
  readonly impairment: CodecImpairment | null;
}

export interface ReplayedClip {
  readonly codec: ReplayedCodec;
  /** Of each payload, bytes. */
  readonly lengths: Uint16Array;
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

/**
 * Of a call between two users of ours both legs are ours: what the called one receives is the sent direction of the call,
 * and what RTCP says of it is left out. `only`: the far end is somebody else's.
 */
export type LegSide = 'only' | 'caller' | 'callee';

/** From the signalling worker that owns the slot. */
export type SlotCommand =
  | {
      readonly type: 'arm';
      readonly slot: number;
      readonly call: number;
      readonly endpoint: number;
      /** Absent: `only`. */
      readonly side?: LegSide;
    }
  /** Answered: the leg lives from now on. */
  | { readonly type: 'connect'; readonly slot: number; readonly media: RemoteMedia }
  /** Agreed anew within the call (hold, resume, another address or codec). */
  | { readonly type: 'update'; readonly slot: number; readonly media: RemoteMedia }
  /** Keys, in place of the audio. */
  | { readonly type: 'press'; readonly slot: number; readonly keys: DigitsToSend }
  | { readonly type: 'release'; readonly slot: number; readonly endedAtNs: number }
  /** The calls have failed: what is known of their last packets is wanted. */
  | { readonly type: 'keep-headers'; readonly calls: readonly number[] }
  | { readonly type: 'grow'; readonly count: number };

/** To the signalling worker that owns the slot. */
export type SlotReport =
  /** `more`: the rest of what was asked for follows. None at all: nothing is left to open. `shortage`: why there are fewer than were asked for. */
  | { readonly type: 'slots'; readonly slots: readonly Slot[]; readonly more: boolean; readonly shortage?: string }
  /** The far side has pressed a key, and it is over. */
  | { readonly type: 'digit'; readonly slot: number; readonly digit: ReceivedDigit }
  /** `totals`: the row by LEG of what the leg received; null: it was never connected. */
  | { readonly type: 'free'; readonly slot: number; readonly totals: Float64Array | null };

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

/** `received`: what arrived at our socket. `sent`: what the far end received of ours, by its own reports. */
export const DIRECTION = { received: 0, sent: 1 } as const;

/**
 * Columns of a row: one leg, direction and second. NaN where nothing is known. A row of the sent direction stands in the second
 * in which a report of the far end came, and its counts cover the time since the report before.
 */
export const ROW = {
  call: 0,
  leg: 1,
  direction: 2,
  endpoint: 3,
  /** Index in the codec table, whose scale the scores are on. */
  codec: 4,
  second: 5,
  expected: 6,
  received: 7,
  lost: 8,
  discarded: 9,
  duplicate: 10,
  reordered: 11,
  jitterMs: 12,
  rFactor: 13,
  /** On the narrowband or the wideband scale, as the codec's is. */
  mosLq: 14,
  /** The same without concealment of lost packets. */
  mosLqNoPlc: 15,
  /** Conversational: with the one-way delay that the round trip tells. */
  mosCq: 16,
  /** Round trip of the RTCP report that came in this second. */
  rttMs: 17,
  /** One-way delay Ta that `mosCq` was scored with. */
  mouthToEarMs: 18,
  /** A value of SPOILED: what this host's own drops make worthless in a row of what was received. */
  spoiled: 19,
  columns: 20,
} as const;

/** Of a second of a leg. `scores`: the window that they are scored over holds a second in which we dropped datagrams. */
export const SPOILED = { nothing: 0, scores: 1, all: 2 } as const;

/** Columns of a leg's totals, one row for what was received, sent when its last second has closed, and one for `sent` if known. */
export const LEG = {
  call: 0,
  direction: 1,
  endpoint: 2,
  codec: 3,
  expected: 4,
  received: 5,
  lost: 6,
  discarded: 7,
  duplicate: 8,
  reordered: 9,
  jitterMs: 10,
  jitterMaxMs: 11,
  rFactor: 12,
  mosLq: 13,
  mosLqNoPlc: 14,
  mosCq: 15,
  rttMs: 16,
  mouthToEarMs: 17,
  /** G.107 BurstR, and the burst and gap figures of RFC 3611 §4.7.2: densities 0–1, durations ms. */
  burstR: 18,
  burstDensity: 19,
  burstMs: 20,
  gapDensity: 21,
  gapMs: 22,
  /** Sent direction: where its figures are from, a value of BASIS. */
  basis: 23,
  /** Here and below of what was received only, or of the leg as a whole; in a row of the sent direction NaN. */
  stray: 24,
  malformed: 25,
  /** RTP packets taken for the leg, discards included; 0: no media. */
  taken: 26,
  longestSilenceMs: 27,
  sent: 28,
  missed: 29,
  /** From the ACK to the first RTP packet sent, ms. */
  ackToRtpMs: 30,
  /** From the ACK to the first RTP packet that came, ms; NaN: none. */
  firstPacketMs: 31,
  /** RTP packets that came before the answer. */
  earlyPackets: 32,
  /** 1: what came back were our own packets. */
  reflected: 33,
  /** 1: the source was another address or port than the SDP's. */
  otherSource: 34,
  /** 1: their SDP sends, so silence is loss. */
  expectsAudio: 35,
  /** Time of the ACK, ms since the start of the run. */
  answeredMs: 36,
  /** From the ACK to the end of the call, ms. */
  establishedForMs: 37,
  /** Packets with a payload type that was not negotiated. */
  wrongPayloadType: 38,
  /** Sources one after another, by SSRC; 1: one. */
  streams: 39,
  /** Share of the sampled packets whose audio was silence, 0–1. */
  silentRatio: 40,
  /** How much faster their media clock runs than ours, parts per million. */
  clockSkewPpm: 41,
  /** RTCP compounds of the far end, and those that were malformed. */
  rtcpReceived: 42,
  rtcpMalformed: 43,
  /** Times that the far side put us on hold. */
  holds: 44,
  /** Report blocks of the far end about our stream. */
  rtcpBlocks: 45,
  /** Index in SRTP_SUITE_NAMES; NaN: the leg was in the clear. */
  srtpSuite: 46,
  /** Packets from the far side that were not authentic; NaN: the leg was in the clear. */
  srtpAuthFailures: 47,
  /** Code point of the last packet that was taken; NaN: none was, or it cannot be seen here. */
  dscp: 48,
  /** VoIP metrics of the far end (RTCP-XR) about our stream that came; the newest stands in the columns of FAR_XR. */
  farXrReports: 49,
  columns: 67,
} as const;

/**
 * Further columns of LEG, in a row of what was received: what the far end says in its VoIP metrics (RFC 3611 §4.7) of the
 * whole call as it received it. As it was told, on a scale of its own choice; NaN where it says "unavailable".
 */
export const FAR_XR = {
  lossRatio: 50,
  discardRatio: 51,
  burstDensity: 52,
  gapDensity: 53,
  burstMs: 54,
  gapMs: 55,
  roundTripMs: 56,
  endSystemDelayMs: 57,
  signalLevelDbm: 58,
  noiseLevelDbm: 59,
  residualEchoDb: 60,
  rFactor: 61,
  externalRFactor: 62,
  mosLq: 63,
  mosCq: 64,
  jitterBufferMs: 65,
  jitterBufferMaxMs: 66,
} as const;
export type FarXrFigure = keyof typeof FAR_XR;
export const FAR_XR_FIGURES = Object.keys(FAR_XR) as FarXrFigure[];

/** Where figures of the sent direction are from: RTCP report blocks of the next hop, or our own answerer at the far end. */
export const BASIS = { rtcp: 1, answerer: 2 } as const;

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
  /** Datagrams dropped at the worker's sockets so far; null: unknown. */
  readonly drops: number | null;
  /** Of those the ones that were seen only when the rows of their seconds had been told. */
  readonly undatedDrops: number;
  /** The same counts by the seconds in which they came about, since the batch before. */
  readonly pulses: readonly MediaPulse[];
  readonly clockStepped: boolean;
  /** What the worker's probe stream to itself saw; absent where it could not be opened. */
  readonly floor?: FloorFigures;
  /** Absent: none. */
  readonly captures?: readonly CapturePart[];
}

/** The health of a media worker in one second; NaN: no packet was due. */
export interface MediaPulse {
  readonly second: number;
  readonly sent: number;
  readonly missed: number;
  readonly latenessP99Ms: number;
  readonly latenessMaxMs: number;
  /** So far, at the end of the second; null: unknown. */
  readonly drops: number | null;
}

/** That of a signalling worker; its counts are of the time since the start. */
export interface SignallingPulse {
  readonly second: number;
  readonly started: number;
  readonly intended: number;
  /** NaN: not sampled. */
  readonly loopDelayP99Ms: number;
}

/** Pairs of (µs, count), a value for each packet of the probe. */
export interface FloorFigures {
  /** RFC 3550 jitter of this host's own sending and receiving. */
  readonly jitterUs: Float64Array;
  /** From before the send to the kernel's arrival time. */
  readonly transitUs: Float64Array;
}

export type MediaReport =
  | MediaBatch
  | { readonly type: 'ready'; readonly backend: NetBackend }
  /** At the end, from a worker that sends over a bad link. */
  | { readonly type: 'impaired'; readonly counts: ImpairmentCounts }
  | { readonly type: 'cannot-open'; readonly code: string; readonly message: string };

// ---- signalling workers ----------------------------------------------------------------------------------------------

export interface SignallingSetup {
  readonly kind: 'signalling';
  readonly index: number;
  readonly workers: number;
  readonly localAddress: string;
  /** 0: any free port. */
  readonly localPort: number;
  /** Null: the local address. */
  readonly advertise: string | null;
  readonly links: SignallingLinks;
  readonly seed: number;
  readonly runToken: string;
  readonly ptimeMs: number;
  /** In order of preference. */
  readonly codecs: readonly string[];
  /** Comfort noise is offered, and where it is taken our pauses are not sent. */
  readonly suppressesSilence?: boolean;
  /** Absent: the audio is in the clear. */
  readonly srtp?: SrtpPlan;
  /** Those of `codecs` that are not built in. */
  readonly replayed?: readonly ReplayedCodec[];
  /** An answerer that takes any codec, and sends back what comes. */
  readonly takesAny?: boolean;
  /** RTCP-XR is offered, and agreed to; absent: it is not. */
  readonly rtcpXr?: boolean;
  /** Where SIP and audio may go when the peer says so. */
  readonly reach: ReachRules;
  /** Null: signalling only; the port is that of one bound sink. */
  readonly sinkPort: number | null;
  readonly role: CallerRole | AnswererRole;
}

/** SRTP with keys in the SDP; `accepted`: where the far side offers it. */
export interface SrtpPlan {
  readonly use: 'accepted' | 'required';
  /** In order of preference. */
  readonly suites: readonly SrtpSuiteName[];
}

/** How the signalling travels, beside UDP. */
export interface SignallingLinks {
  readonly tls: TlsMaterial;
  /** Of the WebSocket URL. */
  readonly webSocketPath: string;
  /** One connection for all calls of a worker to an endpoint, or one for each user or call. */
  readonly connections: 'worker' | 'user' | 'call';
  /** Code point of SIP over UDP; null: the system's own. */
  readonly dscp: number | null;
  /** Advertise the address at which the far side sees us. */
  readonly learnsAddress: boolean;
  /** While calls are up, each endpoint gets a keep-alive this often; 0: none. */
  readonly keepAliveMs: number;
}

export interface CallerEndpoint {
  readonly uri: string;
  /** The addresses that were checked: those are called, whatever the name resolves to later. At least one. */
  readonly servers: readonly SipServer[];
  readonly protocol: Protocol;
  /** Called by a SIPS URI. */
  readonly isSecure: boolean;
  /** The name that is expected in its certificate; null: its address. */
  readonly serverName: string | null;
  /** URI of the outbound proxy, whose servers those are then; null: none. */
  readonly proxyUri: string | null;
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
  /** INVITEs carry the token by which our own answerer returns what it received. */
  readonly figures: boolean;
  /** From one OPTIONS to the next to each endpoint; null: none. */
  readonly optionsIntervalMs: number | null;
  /** What else happens in a call; absent: INVITE with an offer, hold, BYE. */
  readonly flow?: CallerFlowPlan;
  /** Who registers at the one endpoint and places the calls; absent: nobody in particular. */
  readonly users?: UsersRole | null;
}

export interface CallerFlowPlan extends Omit<CallerFlow, 'identity'> {
  /** Calls between users have a marker in their audio, which the called leg listens for; default false. */
  readonly marksLegs?: boolean;
  readonly identity: Omit<CallerIdentity, 'headers'> & { readonly headers: HeaderPairs };
  readonly reliableProvisional: ReliableProvisionalWish;
  readonly sessionTimer: SessionTimerWish | null;
  /** Keys may come as tones in the audio. */
  readonly listensForTones?: boolean;
}

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

export interface AnswererRole {
  readonly type: 'answerer';
  /** What it listens on. */
  readonly protocol: Protocol;
  /** Final status instead of an answer; null: answer. */
  readonly rejectStatus: number | null;
  /** Ringing before the answer, ms; null: never answer. */
  readonly ringMs: number | null;
  /** BYE this long after the ACK, ms; null: wait for theirs. */
  readonly dropAfterMs: number | null;
  /** What else happens in a call; absent: ring, answer, and whatever the caller begins. */
  readonly flow?: AnswererFlowPlan;
}

export interface AnswererFlowPlan extends Omit<AnswererFlow, 'refusalHeaders'> {
  readonly refusalHeaders: HeaderPairs;
  readonly sessionTimer: SessionTimerWish | null;
  /** Keys may come as tones in the audio. */
  readonly listensForTones?: boolean;
}

export type SignallingCommand =
  | { readonly type: 'media'; readonly worker: number; readonly port: MessagePort }
  | { readonly type: 'media-lost'; readonly worker: number }
  | { readonly type: 'wait'; readonly timeoutMs: number }
  /** Before the calls: answered by `registering` reports. */
  | { readonly type: 'register' }
  | Begin
  /** Start nothing new, end what is live. */
  | { readonly type: 'drain'; readonly cause: string }
  /** Of calls that ended a moment ago: those that the worker still knows are answered by a `ladders` report. */
  | { readonly type: 'ladders'; readonly callIds: readonly string[] }
  | { readonly type: 'stop' };

/** The SIP messages of a call, secrets masked. */
export interface CallLadder extends LadderPart {
  readonly callId: string;
  /** Of the first message, on the monotonic clock; absent: not known. */
  readonly startedAtNs?: number;
  /** Of the end that is called, where that is a user of ours. */
  readonly called: LadderPart | null;
}

export interface LadderPart {
  readonly messages: readonly LadderMessage[];
  /** Messages that were not kept, after the first `firstKept`. */
  readonly omitted: number;
  readonly firstKept: number;
}

export interface LadderMessage {
  /** Since the first message of the call, also at the end that is called. */
  readonly atMs: number;
  readonly isSent: boolean;
  /** Network text. */
  readonly text: string;
  /** Bytes of the message that are not in the text. */
  readonly cutBytes: number;
}

/** Failed calls whose ladders go up: the first of each cause, and no flood when everything fails. */
export const LADDERS_PER_CAUSE = 20;
export const LADDERS_PER_RUN = 200;

/** Why ladders come: with records of failed calls (before them), because main asked, or because the worker ends. */
export interface LadderReport {
  readonly type: 'ladders';
  readonly why: 'failed' | 'asked' | 'last';
  readonly ladders: readonly CallLadder[];
}

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
  readonly records: Iterable<CallRecord>;
  /** Pairs of (µs, count): lateness of this thread's timers. */
  readonly loopDelayUs: Float64Array;
  /** Where it stands for other seconds than its own one. */
  readonly pulses?: readonly SignallingPulse[];
  readonly sip: SipCounts;
  /** What our own answerers at the far end received: rows by LEG of the sent direction, of calls that have ended there. */
  readonly farLegs: Float64Array;
  /** Endpoints whose answers have said that they are our own answerer. */
  readonly ourAnswerers: readonly number[];
  /** Reports of received figures. Of a caller: taken, and refused; of an answerer: delivered, and given up. */
  readonly figures: FigureCounts;
  /** Of an answerer: keys that callers have pressed. */
  readonly keys?: KeyCounts;
  /** Of an answerer: transfers that callers have asked for, none of which is taken; since the start. */
  readonly declinedTransfers?: number;
  /** Legs whose far side wants another packet time than we send, since the start; absent: none. */
  readonly packetTimes?: readonly PacketTimeCount[];
  /** Our address and port as the first response named them (received and rport, RFC 3581); null: none did. */
  readonly seenAddress: string | null;
  /** Pairs of (endpoint, ms): round trips of OPTIONS. */
  readonly optionsRttMs: Float64Array;
  /** Of a worker with users. */
  readonly registrations?: RegistrationFigures;
  /** No further call will start and none is live. */
  readonly finished: boolean;
}

/** As it goes from thread to thread. */
export type SentSignallingBatch = Omit<SignallingBatch, 'records'> & { readonly records: RecordTable };

/** Keys by the way in which they came, since the start. */
export type KeyCounts = Readonly<Record<DtmfMethod, number>>;

/** Totals since the start. */
export interface FigureCounts {
  readonly passed: number;
  readonly refused: number;
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
  | SentSignallingBatch
  | LadderReport
  | RegistrationReport
  | {
      readonly type: 'ready';
      readonly localPort: number;
      readonly bufferBytes: { readonly requested: number; readonly granted: number };
      /** Of SIP over UDP; null: not set. */
      readonly dscp: number | null;
    }
  /** `shortage`: why they are fewer than were asked for, as far as somebody knows. */
  | { readonly type: 'slots-open'; readonly opened: number; readonly shortage: string | null }
  | { readonly type: 'waited'; readonly reachable: boolean }
  | { readonly type: 'cannot-open'; readonly code: string; readonly message: string }
  | { readonly type: 'stop-asked'; readonly detail: string };
