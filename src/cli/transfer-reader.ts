/** Reads the transfers of a line of `calls.ndjson`; null for what is not as it must be. */
import { TRANSFER_OUTCOMES } from '../run/result-transfers.js';
import type { CallRecord } from '../worker/messages.js';

type Transfers = NonNullable<CallRecord['transfers']>;
type Transfer = Transfers['first'][number];
type Fields = Readonly<Record<string, unknown>>;

const MAX_TRANSFERS = 8;

export function readTransfers(value: unknown): Transfers | null {
  if (!isFields(value)) {
    return null;
  }
  const { asked, first } = value;
  const isWhole =
    Number.isSafeInteger(asked) &&
    Array.isArray(first) &&
    first.length <= Math.min(asked as number, MAX_TRANSFERS) &&
    first.every(isTransfer);
  return isWhole ? { asked: asked as number, first } : null;
}

function isTransfer(value: unknown): value is Transfer {
  if (!isFields(value)) {
    return false;
  }
  const { to, outcome, sipStatus, cause, detail, askedMs, answeredMs } = value;
  const isStatus = sipStatus === null || (isNumber(sipStatus) && sipStatus >= 100 && sipStatus <= 699);
  const hasTexts = typeof to === 'string' && isTextOrNull(cause) && isTextOrNull(detail);
  const hasTimes = isNumber(askedMs) && (answeredMs === null || isNumber(answeredMs));
  return isStatus && hasTexts && hasTimes && TRANSFER_OUTCOMES.some((name) => name === outcome);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
