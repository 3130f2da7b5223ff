/**
 * Which calls have figures of their own: those of each endpoint, and where users have labels, those of each set of labels. A call
 * between two users is one of its caller's.
 */
import type { User } from './scenario.js';

/** Each has figures, seconds and rows of its own, for the whole run. */
export const MAX_GROUPS = 100;

type Labels = Readonly<Record<string, string>>;

export interface CallGroup {
  /** Unique. */
  readonly name: string;
  readonly labels: Labels;
  /** The endpoint whose calls are in several groups, by the labels of users; null: all calls of an endpoint. */
  readonly partOf: string | null;
}

export interface CallGroups {
  readonly list: readonly CallGroup[];
  /** Index of the group by that of the user. */
  readonly ofUser: readonly number[];
}

/** @param users everybody, who is at the first endpoint; null: there are none */
export function callGroups(
  endpoints: readonly { readonly name: string; readonly labels: Labels }[],
  users: readonly Pick<User, 'labels'>[] | null,
): CallGroups {
  const [only] = endpoints;
  if (users === null || only === undefined || endpoints.length > 1) {
    return { list: endpoints.map(({ name, labels }) => ({ name, labels, partOf: null })), ofUser: [] };
  }
  const { sets, ofUser } = labelSets(users);
  const labelsOf = (own: Labels): Labels => ({ ...only.labels, ...own });
  if (sets.length <= 1) {
    return { list: [{ name: only.name, labels: labelsOf(sets[0] ?? {}), partOf: null }], ofUser };
  }
  const list = sets.map((own) => ({
    name: `${only.name} (${labelsText(own)})`,
    labels: labelsOf(own),
    partOf: only.name,
  }));
  return { list, ofUser };
}

/** The different sets of labels in the order of the users, and the index of each user's. */
function labelSets(users: readonly Pick<User, 'labels'>[]): { sets: readonly Labels[]; ofUser: readonly number[] } {
  const known = new Map<string, number>();
  const sets: Labels[] = [];
  const ofUser = users.map(({ labels }) => {
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const index = known.get(key) ?? sets.push(labels) - 1;
    known.set(key, index);
    return index;
  });
  return { sets, ofUser };
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${word(key)}=${word(value)}`);
  return pairs.length === 0 ? 'no labels' : pairs.toSorted().join(', ');
}

/** In quotes where it could be taken for something else, so that different sets have different names. */
function word(text: string): string {
  return /^[\p{L}\p{N}_.-]+$/u.test(text) ? text : JSON.stringify(text);
}
