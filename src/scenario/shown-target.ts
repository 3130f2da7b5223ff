/**
 * A target as reports name it: host, port and transport as they are, since a reader wants to know what was called, also
 * where they came from a variable. The user part may be a secret, and stays what was written of it.
 */
import type { Scenario, SipAddress } from './scenario.js';

/** In place of a user part of which nothing is written outside of a reference. */
const NOT_SHOWN = '***';
/** What is before the `@` of a URI; one within a reference is none. */
const WRITTEN_USER = /^sips?:((?:[^@$]|\$\{[^}]*\}|\$(?!\{))+)@/i;

/** The outbound proxy has no user. */
export type SipTarget = SipAddress & { readonly user?: string };

/** @param path of the target in the document: `endpoints[0].target` */
export function shownTarget(scenario: Scenario, path: string, { uri, user = '' }: SipTarget): string {
  const written = scenario.sources?.written[path];
  if (written === undefined || user === '') return uri;
  const [, shownUser = NOT_SHOWN] = WRITTEN_USER.exec(written) ?? [];
  const [scheme = ''] = uri.split(':', 1);
  return `${scheme}:${shownUser}${uri.slice(scheme.length + 1 + user.length)}`;
}
