/**
 * From the host of a SIP URI to servers (RFC 3263 §4): an address or a port is taken as it is, a name is asked for SRV, then
 * for its addresses. Where the URI leaves the transport open, NAPTR may name one. Left out: the services of WebSockets, whose URL
 * no DNS record holds.
 */
import type { SipServer } from '../ua/server-list.js';
import type { NaptrRecord, SipResolver } from './resolver.js';
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

/** Services that we can use, with their transports (§4.1). */
const SERVICES: ReadonlyMap<string, Protocol> = new Map([
  ['SIP+D2U', 'UDP'],
  ['SIP+D2T', 'TCP'],
  ['SIPS+D2T', 'TLS'],
]);
/** A domain with more is no SIP service either. */
const MAX_RECORDS = 16;

export interface LocatedServers {
  readonly protocol: Protocol;
  readonly servers: readonly SipServer[];
}

/**
 * §4.1 for a URI that names neither transport nor port: the first service of ours, by order and preference, that has servers.
 * Null: the domain has none, and everything is as without NAPTR.
 */
export async function locateByNaptr(
  { host, isSecure }: Pick<SipLocation, 'host' | 'isSecure'>,
  resolver: SipResolver,
): Promise<LocatedServers | null> {
  const records = (await resolver.naptr(host)).slice(0, MAX_RECORDS);
  for (const { service, replacement } of records.filter((record) => isUsable(record, isSecure)).toSorted(inOrder)) {
    const servers = await byService(replacement, resolver);
    const protocol = SERVICES.get(service.toUpperCase());
    if (servers.length > 0 && protocol !== undefined) return { protocol, servers };
  }
  return null;
}

/** Only the flag `s` leads to SRV; a SIPS URI must not leave TLS. */
function isUsable({ flags, service, regexp, replacement }: NaptrRecord, isSecure: boolean): boolean {
  const name = service.toUpperCase();
  const isKnown = isSecure ? name === 'SIPS+D2T' : SERVICES.has(name);
  return isKnown && flags.toLowerCase() === 's' && regexp === '' && replacement !== '';
}

const inOrder = (a: NaptrRecord, b: NaptrRecord): number => a.order - b.order || a.preference - b.preference;

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
