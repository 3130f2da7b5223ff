/** The servers of every target, found before anything is sent and kept for the whole run (RFC 3263): what was checked is what is called. */
import { CannotRunError } from '../lib/errors.js';
import { parseIp } from '../lib/ip-address.js';
import type { Scenario, SipAddress } from '../scenario/scenario.js';
import { locateByNaptr, locateServers, type LocatedServers } from '../sip/transport/locate.js';
import { type SipResolver, systemResolver } from '../sip/transport/resolver.js';
import type { Protocol } from '../sip/transport/transport.js';

export interface TargetServers {
  /** Where SIP for the targets, or for the outbound proxy, goes, and over which transport. */
  readonly of: ReadonlyMap<SipAddress, LocatedServers>;
  /** All addresses behind each host; none where everything goes to the proxy and the host has none. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

export const protocolOf = ({ transport }: Pick<SipAddress, 'transport'>): Protocol =>
  transport.toUpperCase() as Uppercase<typeof transport>;

/** @throws CannotRunError when a name that must be reached has no address */
export async function findServers(scenario: Scenario, resolver = resolverFor(scenario)): Promise<TargetServers> {
  const of = new Map<SipAddress, LocatedServers>();
  const addresses = new Map<string, readonly string[]>();
  const { outboundProxy } = scenario.network;
  const note = (place: SipAddress, located: LocatedServers): void => {
    of.set(place, located);
    const all = [...(addresses.get(place.host) ?? []), ...located.servers.flatMap((server) => server.addresses)];
    addresses.set(place.host, [...new Set(all)]);
  };
  if (outboundProxy !== null) note(outboundProxy, await locate(outboundProxy, 'the outbound proxy', resolver));
  for (const { name, target } of scenario.endpoints) {
    if (target.kind === 'loopback') {
      continue;
    }
    if (outboundProxy === null) note(target, await locate(target, `endpoint ${name}`, resolver));
    else addresses.set(target.host, await resolver.addresses(target.host).catch(() => []));
  }
  return { of, addresses };
}

/** The host is said, wherever it came from: who misspelt a variable wants to see it. A user part never is. */
async function locate(place: SipAddress, what: string, resolver: SipResolver): Promise<LocatedServers> {
  try {
    const located = place.transportByDns ? await locateByNaptr(place, resolver) : null;
    if (located !== null) return located;
    const protocol = protocolOf(place);
    return { protocol, servers: await locateServers({ ...place, protocol }, resolver) };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    const hint = 'check the spelling and the DNS of this host, or give an address';
    throw new CannotRunError('dns', `the host name ${place.host} of ${what} cannot be resolved: ${reason}`, hint);
  }
}

/** A local address that is set decides between IPv4 and IPv6. */
function resolverFor({ network }: Scenario): SipResolver {
  return systemResolver(network.localAddress === null ? 0 : (parseIp(network.localAddress)?.family ?? 0));
}
