/** Ranges of extensions as they are written: `1001-1099`, `0001-0099`. */

export interface UserRange {
  readonly first: number;
  readonly last: number;
  /** Digits of each number; shorter ones get leading zeros. */
  readonly digits: number;
}

/** Of all entries of a scenario together. */
export const MAX_USERS = 100_000;

export const USER_RANGE_FORM = `a range of at most ${MAX_USERS} numbers like 1001-1099, the lower one first`;

/** Undefined when `text` is no range. */
export function parseUserRange(text: string): UserRange | undefined {
  const [, from = '', to = ''] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const [first, last, digits] = [Number(from), Number(to), from.length];
  // A first number with leading zeros says how many digits all have.
  const isSameForm = to.length >= digits && (!from.startsWith('0') || to.length === digits);
  const isOrdered = from !== '' && first <= last && last - first < MAX_USERS;
  return isSameForm && isOrdered ? { first, last, digits } : undefined;
}

/** The numbers of a range, in order. */
export function usersOf({ first, last, digits }: UserRange): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index).padStart(digits, '0'));
}

/** As it is written. */
export function formatUserRange(range: UserRange): string {
  const pad = (number: number): string => String(number).padStart(range.digits, '0');
  return `${pad(range.first)}-${pad(range.last)}`;
}
