/** What stands in the INVITE of one call, beside its offer: where it goes, who we are, the token for the far end. */
import type { Credentials } from '../sip/auth/authorizer.js';
import { type HeaderBlock, NO_HEADERS, headerBlock, joinBlocks, toWire } from '../sip/message/builder.js';
import type { SipUri } from '../sip/message/uri.js';
import type { InviteRequest } from '../sip/ua/outgoing-call.js';
import type { ServerList } from '../sip/ua/server-list.js';
import type { UserAgent } from '../sip/ua/user-agent.js';
import { TOKEN_HEADER } from './call-token.js';

/** What places calls: a user agent, or something that makes one for each. */
export type CallAgent = Pick<UserAgent, 'invite' | 'options'>;

/** Whom to call, and the address at which that was checked. */
export interface CallTarget {
  readonly uri: SipUri;
  readonly nextHop: { readonly host: string; readonly port: number };
  /** The servers of the target, in an order for each call; absent: `nextHop` alone. */
  readonly servers?: ServerList;
  /** Route headers of the INVITE; absent: none. */
  readonly routes?: HeaderBlock;
  /** Places its calls; absent: the user agent that all share. */
  readonly agent?: CallAgent;
  /** Who we are there: the answer to 401 and 407; null: nobody in particular. */
  readonly credentials: Credentials | null;
  /** User of From; absent: that of the credentials. */
  readonly fromUser?: string;
}

/** Who the caller is to be for the far side; null: as it is without a word. */
export interface CallerIdentity {
  readonly user: string | null;
  readonly displayName: string | null;
  readonly host: string | null;
  /** P-Asserted-Identity, Privacy and whatever else the scenario adds. */
  readonly headers: HeaderBlock;
}

export const NOBODY: CallerIdentity = { user: null, displayName: null, host: null, headers: NO_HEADERS };

/** All but the SDP. @param token in a header, and where the scenario names no caller in the name, which a PBX between passes on */
export function inviteOf(
  target: CallTarget,
  callId: string,
  { identity, token }: { readonly identity: CallerIdentity; readonly token: string | null },
): Omit<InviteRequest, 'sdp'> {
  const { uri, credentials } = target;
  const user = identity.user ?? target.fromUser ?? credentials?.user;
  const name = identity.displayName === null ? token : toWire(identity.displayName);
  const tokenHeader = token === null ? NO_HEADERS : headerBlock([[TOKEN_HEADER, token]]);
  const headers = joinBlocks(tokenHeader, identity.headers);
  return {
    target: uri,
    ...routeOf(target),
    callId,
    ...(credentials !== null && { credentials }),
    ...(user !== undefined && { fromUser: user }),
    ...(identity.host !== null && { fromHost: identity.host }),
    ...(name !== null && { displayName: name }),
    ...(headers !== NO_HEADERS && { headers }),
  };
}

/** Where the INVITE goes, and where else when it comes to nothing there. */
function routeOf({ nextHop, servers, routes }: CallTarget): Partial<InviteRequest> {
  const headers = routes === undefined ? {} : { routes };
  if (servers === undefined) return { nextHop, ...headers };
  const [first = nextHop, ...otherHops] = servers.order();
  return { nextHop: first, otherHops, onHopFailed: (hop) => servers.fail(hop), ...headers };
}
