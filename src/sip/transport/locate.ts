/**
 * From the host of a SIP URI to servers (RFC 3263 §4): an address or a port is taken as it is, a name is asked for SRV, then
 * for its addresses. Left out: NAPTR (the transport is the one of the URI, UDP without any) and SRV for WebSockets, which has none.
 */
import type { SipServer } from '../ua/server-list.js';
import type { SipResolver } from './resolver.js';
import type { Protocol } from './transport.js';

export interface SipLocation {
  /** A name or an address. */
  readonly host: string;
  /** As it was given; null: none was. */
  readonly port: number | null;
  readonly protocol: Protocol;
  /** A SIPS URI. */
  readonly isSecure: boolean;
}

/** Without a port and without SRV (RFC 3261 §19.1.2, RFC 7118 §5.3). */
const DEFAULT_PORTS: Readonly<Record<Protocol, number>> = { UDP: 5060, TCP: 5060, TLS: 5061, WS: 80, WSS: 443 };
/** A zone with more is no SIP service. */
const MAX_SERVERS = 64;

/** @throws the resolver's error when the name has no address */
export async function locateServers(location: SipLocation, resolver: SipResolver): Promise<readonly SipServer[]> {
  const { host, port, protocol } = location;
  const service = serviceOf(location);
  if (service !== null) {
    const found = await byService(service, resolver);
    if (found.length > 0) return found;
  }
  const addresses = await resolver.addresses(host);
  return [{ addresses, port: port ?? DEFAULT_PORTS[protocol], priority: 0, weight: 0 }];
}

/** A name without a dot (`localhost`) has no service of its own. */
function serviceOf({ host, port, protocol, isSecure }: SipLocation): string | null {
  if (port !== null || !host.includes('.') || host.includes(':') || /^[\d.]+$/.test(host)) return null;
  if (protocol === 'TLS' || (isSecure && protocol === 'TCP')) return `_sips._tcp.${host}`;
  return protocol === 'UDP' || protocol === 'TCP' ? `_sip._${protocol.toLowerCase()}.${host}` : null;
}

async function byService(service: string, resolver: SipResolver): Promise<SipServer[]> {
  const records = (await resolver.srv(service)).slice(0, MAX_SERVERS);
  const servers = await Promise.all(
    records.map(async ({ name, port, priority, weight }) => {
      // One name of a service that is gone leaves the others.
      const addresses = await resolver.addresses(name).catch((): string[] => []);
      return { addresses, port, priority, weight };
    }),
  );
  return servers.filter(({ addresses }) => addresses.length > 0);
}
