/** RFC 3263 §4 with a resolver of the test's own. */
import { describe, expect, it } from 'vitest';
import { locateByNaptr, locateServers, type SipLocation } from '../../../../src/sip/transport/locate.js';
import {
  type NaptrRecord,
  type SipResolver,
  type SrvRecord,
  systemResolver,
} from '../../../../src/sip/transport/resolver.js';

class FakeResolver implements SipResolver {
  readonly asked: string[] = [];

  constructor(
    private readonly services: Readonly<Record<string, readonly SrvRecord[]>>,
    private readonly hosts: Readonly<Record<string, readonly string[]>>,
    private readonly records: readonly NaptrRecord[] = [],
  ) {}

  naptr(domain: string): Promise<readonly NaptrRecord[]> {
    this.asked.push(domain);
    return Promise.resolve(this.records);
  }

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

const naptr = (...rows: (readonly [number, number, string, string, string])[]): NaptrRecord[] =>
  rows.map(([order, preference, flags, service, replacement]) => ({
    order,
    preference,
    flags,
    service,
    regexp: '',
    replacement,
  }));
const srv = (port: number): SrvRecord[] => [{ name: 'a.example.com', port, priority: 0, weight: 1 }];

describe('locateByNaptr', () => {
  const SERVICES = {
    '_sip._udp.example.com': srv(5060),
    '_sip._tcp.example.com': srv(5070),
    '_sips._tcp.example.com': srv(5071),
  };
  // The example of RFC 3263 §4.1: TLS is preferred, then TCP, then UDP.
  const EXAMPLE = naptr(
    [90, 50, 's', 'SIP+D2T', '_sip._tcp.example.com'],
    [100, 50, 's', 'SIP+D2U', '_sip._udp.example.com'],
    [50, 50, 's', 'SIPS+D2T', '_sips._tcp.example.com'],
  );
  const found = async (
    given: readonly NaptrRecord[],
    isSecure = false,
    services: Readonly<Record<string, readonly SrvRecord[]>> = SERVICES,
  ) => {
    const located = await locateByNaptr({ host: 'example.com', isSecure }, new FakeResolver(services, HOSTS, given));
    return located === null ? null : [located.protocol, located.servers.map(({ port }) => port)];
  };

  it('takes the service of the lowest order, and asks for the replacement', async () => {
    expect(await found(EXAMPLE)).toEqual(['TLS', [5071]]);
  });

  it.each<[string, NaptrRecord[], unknown]>([
    [
      'the lower preference within an order',
      naptr(
        [10, 20, 's', 'SIP+D2U', '_sip._udp.example.com'],
        [10, 10, 'S', 'sip+d2t', '_sip._tcp.example.com'],
        [20, 0, 's', 'SIPS+D2T', '_sips._tcp.example.com'],
      ),
      ['TCP', [5070]],
    ],
    [
      'no service that we do not know',
      naptr(
        [1, 1, 's', 'SIP+D2S', '_sip._sctp.example.com'],
        [1, 2, 's', 'E2U+sip', '_sip._tcp.example.com'],
        [2, 1, 's', 'SIP+D2U', '_sip._udp.example.com'],
      ),
      ['UDP', [5060]],
    ],
    ['no other flag', naptr([1, 1, 'a', 'SIP+D2T', 'a.example.com'], [1, 1, 'u', 'SIP+D2U', 'x']), null],
    [
      'no service without servers',
      naptr([1, 1, 's', 'SIP+D2T', '_sip._tcp.gone.test'], [2, 1, 's', 'SIP+D2U', '_sip._udp.example.com']),
      ['UDP', [5060]],
    ],
    ['nothing where there is nothing', [], null],
  ])('takes %s', async (_, given, expected) => {
    expect(await found(given)).toEqual(expected);
  });

  it('leaves out rules that rewrite, and those without a replacement', async () => {
    const [row] = naptr([1, 1, 's', 'SIP+D2T', '_sip._tcp.example.com']);
    if (row === undefined) throw new Error('no row');
    expect(await found([{ ...row, regexp: '!^.*$!sip:x@y!' }])).toBeNull();
    expect(await found([{ ...row, replacement: '' }])).toBeNull();
  });

  it('never leaves TLS for a SIPS URI', async () => {
    expect(await found(EXAMPLE.slice(0, 2), true)).toBeNull();
    expect(await found(EXAMPLE, true)).toEqual(['TLS', [5071]]);
  });

  it('reads no more than sixteen records', async () => {
    const many = Array.from({ length: 16 }, () => [1, 1, 's', 'SIP+D2S', 'x'] as const);
    expect(await found(naptr(...many, [1, 1, 's', 'SIP+D2U', '_sip._udp.example.com']))).toBeNull();
  });
});

describe('systemResolver', () => {
  it.each(['192.0.2.1', '2001:db8::1'])('gives the address %s as it is', async (address) => {
    expect(await systemResolver(0).addresses(address)).toEqual([address]);
    expect(await locateServers(at({ host: address }), systemResolver(0))).toMatchObject([{ addresses: [address] }]);
  });
});
