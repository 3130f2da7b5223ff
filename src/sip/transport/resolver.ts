/** What SIP asks of DNS (RFC 3263), and the system's own answer to it; tests put another in its place. */
import { Resolver, lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** RFC 3403 §4.1. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

export interface SipResolver {
  /** Empty: there are none, or no server that would know. */
  naptr(domain: string): Promise<readonly NaptrRecord[]>;
  /** Empty: there is no such service, or no server that would know. */
  srv(service: string): Promise<readonly SrvRecord[]>;
  /** An address is its own. @throws when the name has none */
  addresses(host: string): Promise<readonly string[]>;
}

const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;

/**
 * NAPTR and SRV by the configured name servers; addresses as every program of this host sees them (its hosts file included).
 * @param family of the addresses; 0: IPv4 where there is any, else IPv6
 */
export function systemResolver(family: 0 | 4 | 6): SipResolver {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  return {
    naptr: (domain) => resolver.resolveNaptr(domain).catch(() => []),
    srv: (service) => resolver.resolveSrv(service).catch(() => []),
    addresses: async (host) => {
      if (isIP(host) !== 0) return [host];
      const found = await lookup(host, { all: true, family, verbatim: true });
      const wanted = family === 0 && found.some((entry) => entry.family === 4) ? 4 : (found[0]?.family ?? 4);
      return found.filter((entry) => entry.family === wanted).map(({ address }) => address);
    },
  };
}
