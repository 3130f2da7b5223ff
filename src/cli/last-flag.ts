/** A flag given twice comes as a list, whatever its type says: the last one counts, as everywhere. */
export function lastOf<T>(value: T): T {
  return Array.isArray(value) ? ((value as readonly T[]).at(-1) ?? value) : value;
}
