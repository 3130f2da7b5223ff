/** Reads the keys of a line of `calls.ndjson`; null for what is not as it must be. */
import type { CallRecord } from '../worker/messages.js';

type Dtmf = NonNullable<CallRecord['dtmf']>;
type Fields = Readonly<Record<string, unknown>>;

const METHODS = ['rfc4733', 'info', 'inband'] as const;
const MAX_DIGITS = 256;
const MAX_SENT = 10_000;

export function readDtmf(value: unknown): Dtmf | null {
  if (!isFields(value)) {
    return null;
  }
  const { sent, received, receivedBeyond, mismatch } = value;
  const isWhole =
    isListOf(sent, MAX_SENT, isSent) &&
    isListOf(received, MAX_DIGITS, isReceived) &&
    typeof receivedBeyond === 'number' &&
    Number.isSafeInteger(receivedBeyond) &&
    receivedBeyond >= 0 &&
    (mismatch === null || isMismatch(mismatch));
  return isWhole ? { sent, received, receivedBeyond, mismatch } : null;
}

function isSent(value: unknown): value is Dtmf['sent'][number] {
  return isFields(value) && isDigits(value['digits']) && isMs(value['startMs']) && isMethod(value['method']);
}

function isReceived(value: unknown): value is Dtmf['received'][number] {
  if (!isFields(value)) {
    return false;
  }
  const { digit, startMs, durationMs, method } = value;
  const hasTime = isMs(startMs) && (durationMs === null || (isMs(durationMs) && durationMs >= 0));
  return isDigits(digit) && digit.length === 1 && hasTime && isMethod(method);
}

function isMismatch(value: unknown): value is NonNullable<Dtmf['mismatch']> {
  return isFields(value) && isDigits(value['expected']) && isDigits(value['received']);
}

const isMethod = (value: unknown): boolean => METHODS.some((method) => method === value);
const isDigits = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_DIGITS;
const isMs = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function isListOf<T>(value: unknown, most: number, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.length <= most && value.every(is);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
