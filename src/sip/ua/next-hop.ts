/**
 * Where the requests of a dialog go (RFC 3261 §12.2.1.1): Contact and Record-Route are the peer's word, so a peer could aim
 * our ACKs and BYEs at a stranger; what may not be reached goes where the call itself went.
 */
import type { Destination } from '../transaction/invite-client.js';

/** Whether a host, a literal address or a name as it stands in the URI, may be sent to. */
export type MayReach = (host: string) => boolean;

/** The far side of a dialog, as we know it without its Contact. */
export interface Peer {
  /** What the Request-URI says; in a call to us the same as `address`. */
  readonly named: Destination;
  /** Where the INVITE went, or in a call to us where its answers go. */
  readonly address: Destination;
  /**
   * The INVITE came over a connection, or we are a WebSocket client, whom nobody can connect to: what has no route set goes
   * over that connection while it lasts, whatever the Contact says (RFC 7118 §5, RFC 5626 §5.3).
   */
  readonly isConnection?: boolean;
}

/**
 * The next hop of a route, or null when it may not be reached. The host of the Request-URI always may, and stands for the
 * address that the INVITE went to: a name is not resolved a second time.
 */
export function permittedHop(route: Destination, peer: Peer, mayReach: MayReach | null): Destination | null {
  const { host, port } = route;
  if (host.toLowerCase() === peer.named.host.toLowerCase()) {
    return port === peer.named.port ? peer.address : { host: peer.address.host, port };
  }
  const isPermitted = host === peer.address.host || mayReach === null || (!isDisguised(host) && mayReach(host));
  return isPermitted ? { host, port } : null;
}

const DOTTED_QUAD = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/** `127.1`, `010.0.0.1` or `0x7f000001`: no address to us and no name to DNS, but the C library reads it as an address. */
function isDisguised(host: string): boolean {
  if (host.includes(':') || DOTTED_QUAD.test(host)) return false;
  return /(?:^|\.)(?:0x[0-9a-f]*|\d+)\.?$/i.test(host);
}
