/** How many users of each set of labels were registered when the calls began, in one sentence for text and page. */
import type { Result } from '../run/result.js';
import { formatCount } from './number-format.js';

const MOST_NAMED = 8;

/** Those of whom most are missing first; null where users are not told apart, or no call began. Labels are as the scenario has them. */
export function registeredInWords({ endpoints }: Result): string | null {
  const groups = endpoints.flatMap(({ name, partOf, registrations }) => {
    const begin = registrations?.registeredAtBegin ?? null;
    return partOf === null || registrations === null || begin === null ? [] : [{ name, ...registrations, begin }];
  });
  if (groups.length < 2) return null;
  const named = groups
    .toSorted((a, b) => b.users - b.begin - (a.users - a.begin))
    .slice(0, MOST_NAMED)
    .map(({ name, users, begin, refused }) => {
      const never = refused === 0 ? '' : `, ${formatCount(refused)} refused`;
      return `${name} ${formatCount(begin)} of ${formatCount(users)}${never}`;
    });
  const left = groups.length - named.length;
  const more = left === 0 ? '' : `; ${formatCount(left)} more in result.json`;
  return `Users registered when the calls began: ${named.join('; ')}${more}`;
}
