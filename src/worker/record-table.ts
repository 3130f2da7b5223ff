/**
 * Records of ended calls on their way to main: one table of numbers, which is handed over without a copy, and few texts. As
 * objects, thousands a second would be written, read and collected field by field, on both sides, at the cost of the calls themselves.
 */
import type { DtmfRecord } from '../call/dtmf.js';
import type { CallPhase, CallRecord } from '../call/outcome.js';
import type { TransfersRecord } from '../call/transfer-record.js';

export interface RecordTable {
  /** `COLUMNS` numbers a record; NaN for null. */
  readonly numbers: Float64Array;
  /** What the columns of words refer to; −1 for null. */
  readonly words: readonly string[];
  /** Of all records, a line each. */
  readonly callIds: string;
  /** Keys of the few records that have some, by the record's index. */
  readonly dtmf: ReadonlyMap<number, DtmfRecord>;
  /** The same of what far sides asked for by REFER. */
  readonly transfers: ReadonlyMap<number, TransfersRecord>;
}

const COLUMN = {
  call: 0,
  endpoint: 1,
  intendedMs: 2,
  startedMs: 3,
  establishedMs: 4,
  endedMs: 5,
  outcome: 6,
  phase: 7,
  sipStatus: 8,
  cause: 9,
  detail: 10,
  setupDelayMs: 11,
  answerDelayMs: 12,
  disconnectDelayMs: 13,
  flags: 14,
  calledGroup: 15,
} as const;
const COLUMNS = 16;
const FLAG = { succeeded: 1, heldBack: 2, earlyMedia: 4, hasMedia: 8 } as const;
/** Above the flags: none, or the index of the verdict. */
const MARKER_SHIFT = 4;
const MARKERS = [null, 'confirmed', 'contradicted', 'notHeard'] as const;

export function writeRecords(records: readonly CallRecord[]): RecordTable {
  const numbers = new Float64Array(records.length * COLUMNS);
  const words = new Words();
  const dtmf = new Map<number, DtmfRecord>();
  const transfers = new Map<number, TransfersRecord>();
  let callIds = '';
  records.forEach((record, index) => {
    writeRecord(numbers, index * COLUMNS, record, words);
    callIds += `${record.callId}\n`;
    if (record.dtmf) {
      dtmf.set(index, record.dtmf);
    }
    if (record.transfers) {
      transfers.set(index, record.transfers);
    }
  });
  return { numbers, words: words.known, callIds, dtmf, transfers };
}

/** The records again, made when the first of them is asked for; several ask. */
export function readRecords(table: RecordTable): Iterable<CallRecord> {
  let records: readonly CallRecord[] | null = null;
  return {
    [Symbol.iterator]: () => {
      records ??= readAll(table);
      return records[Symbol.iterator]();
    },
  };
}

class Words {
  readonly known: string[] = [];
  private readonly indexes = new Map<string, number>();

  indexOf(word: string | null): number {
    if (word === null) {
      return -1;
    }
    const known = this.indexes.get(word);
    if (known !== undefined) {
      return known;
    }
    const index = this.known.push(word) - 1;
    this.indexes.set(word, index);
    return index;
  }
}

function writeRecord(numbers: Float64Array, at: number, record: CallRecord, words: Words): void {
  numbers[at + COLUMN.call] = record.call;
  numbers[at + COLUMN.endpoint] = record.endpoint;
  numbers[at + COLUMN.intendedMs] = record.intendedMs;
  numbers[at + COLUMN.startedMs] = record.startedMs ?? Number.NaN;
  numbers[at + COLUMN.establishedMs] = record.establishedMs ?? Number.NaN;
  numbers[at + COLUMN.endedMs] = record.endedMs;
  numbers[at + COLUMN.outcome] = words.indexOf(record.outcome);
  numbers[at + COLUMN.phase] = words.indexOf(record.phase);
  numbers[at + COLUMN.sipStatus] = record.sipStatus ?? Number.NaN;
  numbers[at + COLUMN.cause] = words.indexOf(record.cause);
  numbers[at + COLUMN.detail] = words.indexOf(record.detail);
  numbers[at + COLUMN.setupDelayMs] = record.setupDelayMs ?? Number.NaN;
  numbers[at + COLUMN.answerDelayMs] = record.answerDelayMs ?? Number.NaN;
  numbers[at + COLUMN.disconnectDelayMs] = record.disconnectDelayMs ?? Number.NaN;
  numbers[at + COLUMN.calledGroup] = record.calledGroup ?? Number.NaN;
  numbers[at + COLUMN.flags] =
    (record.succeeded ? FLAG.succeeded : 0) |
    (record.heldBack ? FLAG.heldBack : 0) |
    (record.earlyMedia ? FLAG.earlyMedia : 0) |
    (record.hasMedia ? FLAG.hasMedia : 0) |
    (MARKERS.indexOf(record.marker ?? null) << MARKER_SHIFT);
}

function readAll({ numbers, words, callIds, dtmf, transfers }: RecordTable): CallRecord[] {
  const records: CallRecord[] = [];
  let start = 0;
  for (let at = 0; at < numbers.length; at += COLUMNS) {
    const end = callIds.indexOf('\n', start);
    const callId = callIds.slice(start, end);
    const index = at / COLUMNS;
    const more = { dtmf: dtmf.get(index) ?? null, transfers: transfers.get(index) ?? null };
    records.push(readRecord({ numbers, at, words, callId, ...more }));
    start = end + 1;
  }
  return records;
}

interface Place {
  readonly numbers: Float64Array;
  readonly at: number;
  readonly words: readonly string[];
  readonly callId: string;
  readonly dtmf: DtmfRecord | null;
  readonly transfers: TransfersRecord | null;
}

function readRecord({ numbers, at, words, callId, dtmf, transfers }: Place): CallRecord {
  const flags = numbers[at + COLUMN.flags] ?? 0;
  const word = (column: number): string | null => words[numbers[at + column] ?? -1] ?? null;
  return {
    call: numbers[at + COLUMN.call] ?? 0,
    endpoint: numbers[at + COLUMN.endpoint] ?? 0,
    callId,
    intendedMs: numbers[at + COLUMN.intendedMs] ?? 0,
    startedMs: known(numbers[at + COLUMN.startedMs]),
    establishedMs: known(numbers[at + COLUMN.establishedMs]),
    endedMs: numbers[at + COLUMN.endedMs] ?? 0,
    outcome: word(COLUMN.outcome) as CallRecord['outcome'],
    succeeded: (flags & FLAG.succeeded) !== 0,
    phase: word(COLUMN.phase) as CallPhase | null,
    sipStatus: known(numbers[at + COLUMN.sipStatus]),
    cause: word(COLUMN.cause),
    detail: word(COLUMN.detail),
    setupDelayMs: known(numbers[at + COLUMN.setupDelayMs]),
    answerDelayMs: known(numbers[at + COLUMN.answerDelayMs]),
    disconnectDelayMs: known(numbers[at + COLUMN.disconnectDelayMs]),
    heldBack: (flags & FLAG.heldBack) !== 0,
    earlyMedia: (flags & FLAG.earlyMedia) !== 0,
    hasMedia: (flags & FLAG.hasMedia) !== 0,
    dtmf,
    transfers,
    calledGroup: known(numbers[at + COLUMN.calledGroup]),
    marker: MARKERS[flags >> MARKER_SHIFT] ?? null,
  };
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
