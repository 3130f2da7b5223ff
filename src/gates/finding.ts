/** What is wrong with one gate, before it is known where the gate itself was written. */
import type { Problem } from '../lib/errors.js';
import { nearestName } from '../lib/nearest.js';

export interface Finding {
  readonly code: string;
  /** From 1 in the text of the gate; null when it is not about a place in the text. */
  readonly column: number | null;
  readonly message: string;
  readonly hint?: string;
  /** A name that may have been meant. */
  readonly nearest?: string;
}

/** The name is none of `known`: names the nearest, or all of them. */
export function unknownName(
  code: string,
  what: string,
  name: { readonly text: string; readonly column: number | null },
  known: readonly string[],
): Finding {
  const nearest = nearestName(name.text, known);
  const rest = nearest === undefined ? { hint: listNames(known) } : { nearest };
  return { code, column: name.column, message: `unknown ${what} ${JSON.stringify(name.text)}`, ...rest };
}

/** @param gate how the gate is named to its author: its place, if known, and its text */
export function toProblem(gate: string, { code, column, message, hint, nearest }: Finding): Problem {
  const where = column === null ? gate : `${gate}, column ${column}`;
  const advice = nearest === undefined ? hint : `did you mean ${JSON.stringify(nearest)}?`;
  return { code, where, message, ...(advice === undefined ? {} : { hint: advice }) };
}

function listNames(names: readonly string[]): string {
  return names.length === 0 ? 'none is known here' : `known: ${names.join(', ')}`;
}
