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

/** What differs from call to call to one target. */
export interface InviteParts {
  readonly callId: string;
  readonly sdp: string;
  readonly identity: CallerIdentity;
  /** In a header, and where the scenario names no caller in the name, which a PBX between passes on. */
  readonly token: string | null;
  readonly followRedirects: number;
}

/** Every key in one literal: requests of several shapes take the engine's slow path at each call. */
export function inviteOf(
  target: CallTarget,
  { callId, sdp, identity, token, followRedirects }: InviteParts,
): InviteRequest {
  const { uri, credentials } = target;
  const user = identity.user ?? target.fromUser ?? credentials?.user;
  const name = identity.displayName === null ? token : toWire(identity.displayName);
  const tokenHeader = token === null ? NO_HEADERS : headerBlock([[TOKEN_HEADER, token]]);
  const order = target.servers?.order() ?? null;
  const { servers } = target;
  return {
    target: uri,
    fromUser: user,
    fromHost: identity.host ?? undefined,
    displayName: name ?? undefined,
    headers: joinBlocks(tokenHeader, identity.headers),
    sdp,
    callId,
    nextHop: order?.[0] ?? target.nextHop,
    otherHops: order?.slice(1),
    onHopFailed: servers === undefined ? undefined : (hop) => servers.fail(hop),
    routes: target.routes,
    credentials,
    followRedirects,
  };
}
