/** RFC 3263 §4 with a resolver of the test's own. */
import { describe, expect, it } from 'vitest';
import { locateServers, type SipLocation } from '../../../../src/sip/transport/locate.js';
import { type SipResolver, type SrvRecord, systemResolver } from '../../../../src/sip/transport/resolver.js';

class FakeResolver implements SipResolver {
  readonly asked: string[] = [];

  constructor(
    private readonly services: Readonly<Record<string, readonly SrvRecord[]>>,
    private readonly hosts: Readonly<Record<string, readonly string[]>>,
  ) {}

  srv(service: string): Promise<readonly SrvRecord[]> {
    this.asked.push(service);
    return Promise.resolve(this.services[service] ?? []);
  }

  addresses(host: string): Promise<readonly string[]> {
    this.asked.push(host);
    const found = this.hosts[host];
    return found === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found);
  }
}

const at = (given: Partial<SipLocation>): SipLocation => ({
  host: 'example.com',
  port: null,
  protocol: 'UDP',
  isSecure: false,
  ...given,
});
const HOSTS = { 'example.com': ['192.0.2.1'], 'a.example.com': ['192.0.2.2', '192.0.2.3'], localhost: ['127.0.0.1'] };

describe('locateServers', () => {
  it.each<[Partial<SipLocation>, string]>([
    [{ protocol: 'UDP' }, '_sip._udp.example.com'],
    [{ protocol: 'TCP' }, '_sip._tcp.example.com'],
    [{ protocol: 'TLS' }, '_sips._tcp.example.com'],
    [{ protocol: 'TLS', isSecure: true }, '_sips._tcp.example.com'],
  ])('%j asks for %s', async (given, service) => {
    const records = [{ name: 'a.example.com', port: 5070, priority: 10, weight: 5 }];
    const resolver = new FakeResolver({ [service]: records }, HOSTS);
    expect(await locateServers(at(given), resolver)).toEqual([
      { addresses: ['192.0.2.2', '192.0.2.3'], port: 5070, priority: 10, weight: 5 },
    ]);
    expect(resolver.asked).toEqual([service, 'a.example.com']);
  });

  it.each<[Partial<SipLocation>, string, number]>([
    [{ port: 5080 }, '192.0.2.1', 5080],
    [{ protocol: 'WS' }, '192.0.2.1', 80],
    [{ protocol: 'WSS' }, '192.0.2.1', 443],
    [{ host: 'localhost' }, '127.0.0.1', 5060],
  ])('%j asks for no service', async (given, address, port) => {
    const resolver = new FakeResolver({}, HOSTS);
    expect(await locateServers(at(given), resolver)).toEqual([{ addresses: [address], port, priority: 0, weight: 0 }]);
    expect(resolver.asked).toEqual([given.host ?? 'example.com']);
  });

  it.each<[SipLocation['protocol'], number]>([
    ['UDP', 5060],
    ['TCP', 5060],
    ['TLS', 5061],
  ])('%s without a service: the addresses of the name, port %i', async (protocol, port) => {
    const servers = await locateServers(at({ protocol }), new FakeResolver({}, HOSTS));
    expect(servers).toEqual([{ addresses: ['192.0.2.1'], port, priority: 0, weight: 0 }]);
  });

  it('leaves out a server whose name is gone, and says that a name has no address', async () => {
    const records = ['gone.example.com', 'a.example.com'].map((name) => ({ name, port: 1, priority: 0, weight: 0 }));
    const resolver = new FakeResolver({ '_sip._udp.example.com': records }, HOSTS);
    expect(await locateServers(at({}), resolver)).toHaveLength(1);
    await expect(locateServers(at({ host: 'no.example.com' }), resolver)).rejects.toThrow('ENOTFOUND');
  });
});

describe('systemResolver', () => {
  it.each(['192.0.2.1', '2001:db8::1'])('gives the address %s as it is', async (address) => {
    expect(await systemResolver(0).addresses(address)).toEqual([address]);
    expect(await locateServers(at({ host: address }), systemResolver(0))).toMatchObject([{ addresses: [address] }]);
  });
});
