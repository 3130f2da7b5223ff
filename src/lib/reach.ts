/** Where packets of a run may go (UX: destination allow-list, no public address without permission), as data for threads. */
import { isPublic, parseIp, parseIpRange, rangeHolds } from './ip-address.js';

export interface ReachRules {
  /** Names, addresses and ranges of `safety.allow`; null: no list. */
  readonly allow: readonly string[] | null;
  /** Public hosts that were allowed by name, or all of them. */
  readonly publicHosts: readonly string[] | 'any';
  /** The run's own targets, names and addresses: they have been checked before the start. */
  readonly targets: readonly string[];
}

/**
 * The test for one host, an address or a name. What comes from the network (Contact, Route, SDP) passes through it: a peer
 * must not aim our packets at a stranger. A name is taken at its word unless there is an allow-list without it.
 */
export function reachTest(rules: ReachRules): (host: string) => boolean {
  const names = new Set([...rules.targets, ...(rules.allow ?? [])].map((host) => host.toLowerCase()));
  const ranges = (rules.allow ?? []).map(parseIpRange).filter((range) => range !== undefined);
  const publicHosts = rules.publicHosts === 'any' ? null : new Set(rules.publicHosts.map((host) => host.toLowerCase()));
  return (host) => {
    if (names.has(host.toLowerCase())) {
      return true;
    }
    const address = parseIp(host);
    if (address === undefined) {
      return rules.allow === null;
    }
    const isListed = rules.allow === null || ranges.some((range) => rangeHolds(range, address));
    return isListed && (publicHosts === null || publicHosts.has(host) || !isPublic(address));
  };
}
