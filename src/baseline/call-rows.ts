/**
 * The values of single calls from `calls.ndjson`: exact where a histogram rounds, and without the calls of the warm-up.
 * Lines may be missing (a full disk, a crash) or odd; then the histograms of the result are the better source.
 */
import { judgedFromMs } from '../run/judged-calls.js';
import type { Result } from '../run/result.js';
import type { FigureKey } from './figures.js';
import type { SampleSource } from './result-samples.js';
import { Sample } from './sample.js';

type Row = Readonly<Record<string, unknown>>;

const OF_CALL: Readonly<Record<string, string>> = {
  setup_delay: 'setupDelayMs',
  answer_delay: 'answerDelayMs',
  disconnect_delay: 'disconnectDelayMs',
};

const OF_LEG: Readonly<Record<string, string>> = {
  mos_lq: 'mosLq',
  mos_cq: 'mosCq',
  mos_lq_wb: 'mosLqWb',
  mos_cq_wb: 'mosCqWb',
  mos_lq_no_plc: 'mosLqNoPlc',
  jitter: 'jitterMs',
  burst_r: 'burstR',
  rtt: 'rttMs',
  mouth_to_ear: 'mouthToEarMs',
};

/** The samples of a run by its rows; null where they do not hold every call of the result. @param text NDJSON */
export function callRowSamples(text: string, result: Result): SampleSource | null {
  const rows = readRows(text);
  const fromMs = judgedFromMs(result);
  if (rows === null || fromMs === null || rows.length !== result.calls.requested) return null;
  return (key) =>
    sampleOf(key.endpoint === null ? rows : rows.filter((row) => row['endpoint'] === key.endpoint), key, fromMs);
}

/** True for figures that rows tell; legs without audio and round trips of OPTIONS stand in the result alone. */
export function isInCallRows(metric: string): boolean {
  return (
    metric in OF_CALL ||
    metric in OF_LEG ||
    ['success_ratio', 'dropped', 'loss', 'discard', 'r_factor'].includes(metric)
  );
}

function sampleOf(all: readonly Row[], { metric, direction }: FigureKey, fromMs: number): Sample | null {
  const { id } = metric;
  const rows = all.filter((row) => (numberAt(row, 'startedMs') ?? numberAt(row, 'intendedMs') ?? 0) >= fromMs);
  const ended = rows.filter(({ outcome }) => outcome !== 'notStarted' && outcome !== 'cut');
  if (id === 'success_ratio') return share(ended.map(({ succeeded }) => succeeded === true));
  if (id === 'dropped') {
    const answered = ended.filter(({ establishedMs }) => typeof establishedMs === 'number');
    return share(answered.map(({ outcome }) => outcome === 'dropped'));
  }
  const ofCall = OF_CALL[id];
  if (ofCall !== undefined) return sampleOrNull(rows.map((row) => numberAt(row, ofCall)));
  // A leg is judged by when it was answered, also of a call that was placed in the warm-up.
  const answered = all.filter((row) => (numberAt(row, 'establishedMs') ?? Number.POSITIVE_INFINITY) >= fromMs);
  const legs = answered.map((row) => objectAt(row, direction ?? 'received'));
  return sampleOrNull(legs.map((leg) => (leg === null ? null : legValue(leg, id))));
}

/** As the histograms of the result count it. */
function legValue(leg: Row, metric: string): number | null {
  if (metric === 'loss' || metric === 'discard') {
    const expected = numberAt(leg, 'expected') ?? 0;
    const part = numberAt(leg, metric === 'loss' ? 'lost' : 'discarded');
    return part === null || expected <= 0 ? null : Math.max(0, part) / expected;
  }
  if (metric === 'r_factor') {
    const value = numberAt(leg, 'mosLq') === null ? null : numberAt(leg, 'rFactor'); // narrowband legs only
    return value === null ? null : Math.max(0, value);
  }
  return numberAt(leg, OF_LEG[metric] ?? '');
}

function readRows(text: string): Row[] | null {
  const rows: Row[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const row = parsed(line);
    if (row === null) return null;
    rows.push(row);
  }
  return rows;
}

function parsed(line: string): Row | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function share(values: readonly boolean[]): Sample | null {
  return values.length === 0 ? null : Sample.ofShare(values.filter(Boolean).length, values.length);
}

function sampleOrNull(values: readonly (number | null)[]): Sample | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Sample.of(known);
}

function numberAt(row: Row, key: string): number | null {
  const value = row[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function objectAt(row: Row, key: string): Row | null {
  const value = row[key];
  return isObject(value) ? value : null;
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
