/** Records, rows and batches as the workers send them, each with only what a test is about. */
import {
  BASIS,
  DIRECTION,
  FAR_XR,
  LEG,
  ROW,
  type CallRecord,
  type MediaBatch,
  type SignallingBatch,
} from '../../../src/worker/messages.js';

/** An answered call of two seconds that went as planned. */
export function recordOf(changes: Partial<CallRecord> = {}): CallRecord {
  const call = changes.call ?? 0;
  return {
    call,
    endpoint: 0,
    callId: `call-${call}`,
    intendedMs: 0,
    startedMs: 0,
    establishedMs: 100,
    endedMs: 2100,
    outcome: 'completed',
    succeeded: true,
    phase: null,
    sipStatus: null,
    cause: null,
    detail: null,
    setupDelayMs: 40,
    answerDelayMs: 100,
    disconnectDelayMs: 5,
    heldBack: false,
    earlyMedia: false,
    hasMedia: false,
    dtmf: null,
    transfers: null,
    calledGroup: null,
    marker: null,
    ...changes,
  };
}

const UNANSWERED = { establishedMs: null, setupDelayMs: null, answerDelayMs: null, disconnectDelayMs: null } as const;

export function failedRecord(changes: Partial<CallRecord> = {}): CallRecord {
  return recordOf({
    ...UNANSWERED,
    endedMs: 50,
    outcome: 'failed',
    succeeded: false,
    phase: 'setup',
    sipStatus: 503,
    cause: 'serviceUnavailable',
    ...changes,
  });
}

export function cutRecord(when: 'before' | 'after', changes: Partial<CallRecord> = {}): CallRecord {
  return recordOf({
    ...(when === 'before' ? UNANSWERED : { disconnectDelayMs: null }),
    outcome: 'cut',
    succeeded: false,
    phase: when === 'before' ? 'setup' : 'established',
    cause: 'interrupted',
    ...changes,
  });
}

export function notStartedRecord(changes: Partial<CallRecord> = {}): CallRecord {
  return recordOf({
    ...UNANSWERED,
    startedMs: null,
    endedMs: 0,
    outcome: 'notStarted',
    succeeded: false,
    phase: 'start',
    cause: 'noSlot',
    ...changes,
  });
}

export function droppedRecord(changes: Partial<CallRecord> = {}): CallRecord {
  return recordOf({
    outcome: 'dropped',
    succeeded: false,
    phase: 'established',
    cause: 'remoteBye',
    disconnectDelayMs: null,
    ...changes,
  });
}

export type RowFigures = Partial<Record<Exclude<keyof typeof ROW, 'columns'>, number>>;
export type LegFigures = Partial<Record<Exclude<keyof typeof LEG, 'columns'>, number>>;

/** Tables of a batch: a clean second of 50 packets where nothing else is said. */
export function rowsOf(...rows: readonly RowFigures[]): Float64Array {
  const clean: RowFigures = {
    expected: 50,
    received: 50,
    jitterMs: 1,
    rFactor: 93.2,
    mosLq: 4.41,
    mosLqNoPlc: 4.41,
    mosCq: Number.NaN,
    rttMs: Number.NaN,
    mouthToEarMs: Number.NaN,
  };
  return tableOf(ROW, rows, clean);
}

/** The same of the sent direction, as a report of the far end gives them. */
export function sentRowsOf(...rows: readonly RowFigures[]): Float64Array {
  return rowsOf(...rows.map((row) => Object.assign({ direction: DIRECTION.sent, rttMs: 40 }, row)));
}

/** What the far end says of a whole leg: NaN in all columns that are of what we received. */
export function sentLegsOf(...legs: readonly LegFigures[]): Float64Array {
  const unknown = Object.fromEntries(
    Object.entries(LEG)
      .filter(([name, column]) => name !== 'columns' && column >= LEG.stray)
      .map(([name]) => [name, Number.NaN]),
  );
  const own = { direction: DIRECTION.sent, basis: BASIS.rtcp, ...unknown };
  return legsOf(...legs.map((leg) => Object.assign({ ...own }, leg)));
}

/** Tables of the same columns as one. */
export function concat(...tables: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(tables.reduce((length, table) => length + table.length, 0));
  let offset = 0;
  for (const table of tables) {
    all.set(table, offset);
    offset += table.length;
  }
  return all;
}

/** A clean leg of two seconds where nothing else is said. */
export function legsOf(...legs: readonly LegFigures[]): Float64Array {
  const clean: LegFigures = {
    expected: 100,
    received: 100,
    taken: 100,
    jitterMs: 1,
    jitterMaxMs: 2,
    rFactor: 93.2,
    mosLq: 4.41,
    mosLqNoPlc: 4.41,
    mosCq: Number.NaN,
    rttMs: Number.NaN,
    mouthToEarMs: Number.NaN,
    burstR: 1,
    burstDensity: Number.NaN,
    burstMs: Number.NaN,
    gapDensity: 0,
    gapMs: 2000,
    basis: Number.NaN,
    clockSkewPpm: Number.NaN,
    firstPacketMs: 5,
    streams: 1,
    silentRatio: 0,
    sent: 100,
    ackToRtpMs: 3,
    establishedForMs: 2000,
    expectsAudio: 1,
    answeredMs: 100,
    srtpSuite: Number.NaN,
    srtpAuthFailures: Number.NaN,
  };
  const table = tableOf(LEG, legs, clean);
  // Where nothing else is said the far end has told nothing of its own.
  for (let offset = 0; offset < table.length; offset += LEG.columns) {
    for (const column of Object.values(FAR_XR)) table[offset + column] = Number.NaN;
  }
  return table;
}

function tableOf(
  columns: Readonly<Record<string, number>> & { readonly columns: number },
  rows: readonly Partial<Record<string, number>>[],
  clean: Partial<Record<string, number>>,
): Float64Array {
  const table = new Float64Array(columns.columns * rows.length);
  for (const [index, row] of rows.entries()) {
    for (const [name, value] of Object.entries({ ...clean, ...row })) {
      table[index * columns.columns + columns[name]!] = value!;
    }
  }
  return table;
}

export function mediaBatch(changes: Partial<MediaBatch> = {}): MediaBatch {
  return {
    type: 'media',
    worker: 0,
    second: 0,
    rows: new Float64Array(0),
    legs: new Float64Array(0),
    sent: 0,
    missed: 0,
    sendErrors: 0,
    latenessUs: new Float64Array(0),
    received: 0,
    drops: 0,
    undatedDrops: 0,
    pulses: [],
    clockStepped: false,
    ...changes,
  };
}

export function signallingBatch(changes: Partial<SignallingBatch> = {}): SignallingBatch {
  return {
    type: 'signalling',
    worker: 0,
    second: 0,
    started: 0,
    intended: 0,
    answered: 0,
    failed: 0,
    active: 0,
    peakActive: 0,
    live: 0,
    records: [],
    loopDelayUs: new Float64Array(0),
    sip: { requests: [], retransmissions: [], responses: [], malformed: 0, dropped: 0 },
    farLegs: new Float64Array(0),
    ourAnswerers: [],
    figures: { passed: 0, refused: 0 },
    seenAddress: null,
    optionsRttMs: new Float64Array(0),
    finished: false,
    ...changes,
  };
}
