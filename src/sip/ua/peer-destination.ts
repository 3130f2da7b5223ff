/**
 * Where a peer wants us to call, by a Contact of a 3xx or by a REFER: its word, held against the rules of every destination. Never
 * an emergency number, never another transport, never a host that may not be reached, nor a name that was not looked up before the run.
 */
import { isEmergencyUser } from '../../lib/emergency.js';
import { parseIp } from '../../lib/ip-address.js';
import { type SipUri, nextHop, uriParameter } from '../message/uri.js';
import type { Destination } from '../transaction/invite-client.js';
import type { Protocol } from '../transport/transport.js';
import { type MayReach, type Peer, permittedHop } from './next-hop.js';

export interface DestinationRules {
  readonly protocol: Protocol;
  readonly mayReach: MayReach | null;
  readonly peer: Peer;
}

/** The next hop, or in words that follow "called to" or "redirected" why there is none. @throws SipParseError for an empty maddr */
export function destinationOf(target: SipUri, { protocol, mayReach, peer }: DestinationRules): Destination | string {
  if (isEmergencyUser(target.user ?? '')) return 'to an emergency number, which is never called';
  if (target.scheme !== 'sip' || !fits(target, protocol)) return `away from ${protocol}`;
  const wanted = nextHop(target);
  const isKnown = parseIp(wanted.host) !== undefined || wanted.host.toLowerCase() === peer.named.host.toLowerCase();
  const hop = isKnown ? permittedHop(wanted, peer, mayReach) : null;
  return hop ?? `to ${wanted.host.slice(0, 40)}, which may not be called`;
}

function fits(target: SipUri, protocol: Protocol): boolean {
  const transport = uriParameter(target, 'transport')?.toUpperCase() ?? 'UDP';
  return transport === protocol;
}
