import { describe, expect, it } from 'vitest';
import { isPublic, parseIp, parseIpRange, rangeHolds } from '../../../src/lib/ip-address.js';
import { isEmergencyUser } from '../../../src/lib/emergency.js';
import { checkSafety } from '../../../src/scenario/safety.js';
import { explainTarget, parseProxy, parseTarget } from '../../../src/scenario/target.js';
import { formatProblem } from '../../../src/lib/errors.js';
import { good } from './documents.js';

const HOSTS: Record<string, string[]> = {
  'pbx.lab': ['10.0.0.5'],
  'pbx.example.com': ['93.184.216.34'],
  'two.lab': ['10.0.0.5', '8.8.8.8'],
  'odd.lab': ['what'],
};

function problemsOf(target: string, safety = '{}', env: Record<string, string> = {}, peakCalls = 1): string[] {
  const scenario = good(`version: 1\nname: x\ntarget: "${target}"\nsafety: ${safety}\n`, env);
  return checkSafety(scenario, (host) => HOSTS[host] ?? [], peakCalls).map(formatProblem);
}

describe('emergency numbers', () => {
  const REFUSED = [
    '112',
    '911',
    '999',
    '000',
    '0112',
    '9112',
    '9911',
    '0999',
    '00112',
    '9999',
    '0000',
    '+112',
    '1-1-2',
  ];
  const TRICKS = [
    '(9)11',
    '9.1.1',
    '%31%31%32',
    '1%312',
    '%2531%2531%2532',
    '112;phone-context=+49',
    '%2B112',
    '1%2D1%2D2',
    '112%23',
    '112*',
    '9,911',
    '9p911',
    '9w911',
    '1_1_2',
    '112%00',
    '112%E2%80%8B',
    "9'1'1'2",
  ];
  const SERVICES = [
    'urn:service:sos',
    'URN:SERVICE:SOS',
    'urn:service:sos.fire',
    'urn%3Aservice%3Asos',
    '%EF%BC%91%EF%BC%91%EF%BC%92',
  ];
  it.each([...REFUSED, ...TRICKS, ...SERVICES, '112:secret', '1%201%202'])('%s', (user) => {
    expect(isEmergencyUser(user)).toBe(true);
  });

  it.each([
    'echo',
    '1112',
    '1120',
    '9110',
    '110',
    '1911',
    '2112',
    '00',
    '0',
    '99',
    '',
    'x112',
    '%zz',
    '%ff112',
    'urn:service:counseling',
  ])('%j is none', (user) => {
    expect(isEmergencyUser(user)).toBe(false);
  });

  it('are refused whatever the scenario permits', () => {
    const safety = '{ authorised: true, allow: [10.0.0.5] }';
    expect(problemsOf('sip:%30112@10.0.0.5', safety)).toEqual([
      'scenarios/peak.yaml:3:1 target: expected a number that is no emergency number, got sip:%30112@10.0.0.5 (emergency services are never called)',
    ]);
  });

  it('are no target by URN', () => {
    expect(parseTarget('urn:service:sos')).toBeUndefined();
    expect(explainTarget('URN:service:SOS.police')).toMatch(/no emergency service/);
  });
});

describe('targets', () => {
  it.each<[string, string]>([
    ['sip:a@b;transport=sctp', 'transport=udp, tcp, tls, ws, wss'],
    ['sips:a@b;transport=udp', 'no transport=udp in a sips: target'],
    ['sip:a:pw@b', 'without a password'],
    ['sip:a@b?x=y', 'without URI headers'],
    ['sip:a@b;lr', 'no URI parameter but transport'],
    ['sip:a@b:0', 'a port from 1 to 65535'],
    ['sip:a@b:65536', 'a port from 1 to 65535'],
    ['sip:a@2130706433', 'a host name'],
    ['sip:a@0x7f.1', 'a host name'],
    ['sip:a@127.0.0.01', 'a host name'],
    ['sip:a@[127.0.0.1]', 'a host name'],
    ['sip:a@[fe80::1%eth0]', 'a host name'],
    ['sip:a b@c', 'a user of letters'],
    ['sip:a\r\nVia: x@c', 'without a password'],
    ['sip:host', 'sip:user@host'],
    ['tel:123', 'sip:user@host'],
    ['', 'sip:user@host'],
  ])('%j', (text, reason) => {
    expect(parseTarget(text)).toBeUndefined();
    expect(explainTarget(text)).toContain(reason);
  });
});

describe('the transport of a target', () => {
  it.each([
    ['sip:a@b', 'sip:a@b', null, 'udp', false],
    ['sip:a@B:5070;transport=UDP', 'sip:a@B:5070', 5070, 'udp', false],
    ['sip:a@b;transport=tcp', 'sip:a@b;transport=tcp', null, 'tcp', false],
    ['sip:a@[::1]:5061;transport=tls', 'sip:a@[::1]:5061;transport=tls', 5061, 'tls', false],
    ['sip:a@b;transport=ws', 'sip:a@b;transport=ws', null, 'ws', false],
    ['sips:a@b', 'sips:a@b', null, 'tls', true],
    ['sips:a@b;transport=tcp', 'sips:a@b;transport=tcp', null, 'tls', true],
    ['SIPS:a@b;transport=ws', 'sips:a@b;transport=ws', null, 'wss', true],
  ] as const)('%s', (...row) => {
    const [text, uri, port, transport, isSecure] = row;
    expect(parseTarget(text)).toMatchObject({ kind: 'sip', uri, port, transport, isSecure });
  });

  it('an outbound proxy is the same without a user', () => {
    expect(parseProxy('sip:proxy.example.com:5070;transport=tcp')).toEqual({
      uri: 'sip:proxy.example.com:5070;transport=tcp',
      host: 'proxy.example.com',
      port: 5070,
      transport: 'tcp',
      transportByDns: false,
      isSecure: false,
    });
    expect(parseProxy('sip:me@proxy')).toBeUndefined();
    expect(parseProxy('loopback')).toBeUndefined();
  });
});

describe('public addresses', () => {
  it.each<[string, boolean]>([
    ['127.0.0.1', false],
    ['10.255.255.255', false],
    ['172.15.255.255', true],
    ['172.16.0.1', false],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['192.168.1.1', false],
    ['169.254.1.1', false],
    ['100.64.0.1', false],
    ['100.128.0.0', true],
    ['198.18.0.1', false],
    ['198.20.0.0', true],
    ['192.0.2.1', true],
    ['203.0.113.5', true],
    ['8.8.8.8', true],
    ['224.0.0.1', true],
    ['0.0.0.0', true],
    ['::1', false],
    ['fe80::1', false],
    ['febf::1', false],
    ['fec0::1', true],
    ['fd00::1', false],
    ['2001:db8::1', true],
    ['2606:4700::1111', true],
    ['::ffff:8.8.8.8', true],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::a00:1', true],
  ])('%s: %s', (text, expected) => {
    const address = parseIp(text);
    expect(address && isPublic(address)).toBe(expected);
  });

  it.each([
    '256.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::1.2.3',
    'x',
    '',
  ])('%j is no address', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it.each<[string, string, boolean]>([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.128/25', '192.0.2.127', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ])('%s holds %s: %s', (range, address, expected) => {
    const [parsedRange, parsedAddress] = [parseIpRange(range), parseIp(address)];
    expect(parsedRange && parsedAddress && rangeHolds(parsedRange, parsedAddress)).toBe(expected);
  });

  it.each(['1.2.3.4/33', '1.2.3.4/', '1.2.3.4/8/8', '::/129', '::/-1', '10.0.0.0/08'])('%j is no range', (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  });
});

describe('checkSafety', () => {
  const PUBLIC = /target: expected permission to call a public address, got sip:7@/;
  const LIST = /target: expected a destination of safety.allow, got sip:7@/;
  it.each<[string, string, string, RegExp[]]>([
    ['loopback needs nothing', 'loopback', '{ allow: [] }', []],
    ['private by name', 'sip:7@pbx.lab', '{}', []],
    ['public by name', 'sip:7@pbx.example.com', '{}', [PUBLIC]],
    ['public by address', 'sip:7@192.0.2.10', '{}', [PUBLIC]],
    ['public and authorised', 'sip:7@192.0.2.10', '{ authorised: true }', []],
    ['one public address is enough', 'sip:7@two.lab', '{}', [PUBLIC]],
    ['an address that is none', 'sip:7@odd.lab', '{}', [PUBLIC]],
    ['nobody knows the host', 'sip:7@unknown.lab', '{}', [/expected a host with a known address/]],
    ['in the list by name', 'sip:7@PBX.lab', '{ allow: [Pbx.Lab] }', []],
    ['in the list by range', 'sip:7@pbx.lab', '{ allow: [10.0.0.0/8] }', []],
    ['one foot outside', 'sip:7@two.lab', '{ authorised: true, allow: [10.0.0.0/8] }', [LIST]],
    ['not in the list', 'sip:7@10.0.0.6', '{ allow: [10.0.0.5, pbx.lab] }', [LIST]],
    ['the list is no permission', 'sip:7@192.0.2.10', '{ allow: [192.0.2.0/24] }', [PUBLIC]],
    ['both wrong, both said', 'sip:7@8.8.8.8', '{ allow: [10.0.0.0/8] }', [LIST, PUBLIC]],
    ['IPv6', 'sip:7@[2001:db8::5]', '{ authorised: true, allow: ["2001:db8::/32"] }', []],
  ])('%s', (_name, target, safety, expected) => {
    const lines = problemsOf(target, safety);
    expect(lines).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(lines[index]).toMatch(pattern);
  });

  it('names the caps and where to raise them', () => {
    expect(problemsOf('loopback', '{ maxRate: 5/s }')).toEqual([
      'load.stages[0].rate: expected at most 5/s, the cap safety.maxRate, got 10/s (raise it at scenarios/peak.yaml:4:11 safety.maxRate)',
    ]);
    expect(problemsOf('loopback', '{}', {}, 10_001)).toEqual([
      'load.stages: expected at most 10000 calls at once, the cap safety.maxConcurrency, got an expected peak of 10001 (raise it in the scenario: safety.maxConcurrency)',
    ]);
  });

  it('does not show a secret target', () => {
    const lines = problemsOf('sip:${env:U}@192.0.2.10', '{ allow: [10.0.0.1] }', { U: 'hunter2' });
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('sip:${env:U}@192.0.2.10');
    const whole = problemsOf('${env:T}', '{}', { T: 'sip:hunter2@192.0.2.10' });
    expect(whole.join()).toContain('expected permission to call a public address, got sip:***@192.0.2.10');
  });
});
