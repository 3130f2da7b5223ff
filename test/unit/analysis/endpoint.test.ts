import { expect, it } from 'vitest';
import { parseRtpMap, staticEncoding } from '../../../src/analysis/encoding.js';
import { endpointText } from '../../../src/analysis/endpoint.js';
import { parseIp } from '../../../src/lib/ip-address.js';

it.each([
  ['2001:db8::1', '[2001:db8::1]:9'],
  ['192.0.2.255', '192.0.2.255:9'],
])('%s stands as %s', (address, expected) => {
  expect(endpointText(Uint8Array.from(parseIp(address)?.bytes ?? []), 9)).toBe(expected);
});

it('reads what a user says of a payload type, and nothing else', () => {
  expect(parseRtpMap('96=g722/8000')).toEqual({ payloadType: 96, encoding: { name: 'G722', clockRate: 8000 } });
  expect(parseRtpMap('111=opus/48000/2')).toEqual({ payloadType: 111, encoding: { name: 'OPUS', clockRate: 48_000 } });
  for (const text of [
    '',
    '96',
    '96=G722',
    '128=PCMU/8000',
    '96=PCMU/80',
    '96=PCMU/999999',
    'x=PCMU/8000',
    '96=/8000',
  ]) {
    expect(parseRtpMap(text)).toBeNull();
  }
});

it('knows the static audio types of RFC 3551', () => {
  const names = [0, 3, 8, 9, 13, 18].map((type) => staticEncoding(type)?.name);
  expect(names).toEqual(['PCMU', 'GSM', 'PCMA', 'G722', 'CN', 'G729']);
  expect(staticEncoding(9)?.clockRate).toBe(8000);
  expect([26, 34, 72, 96].map(staticEncoding)).toEqual([undefined, undefined, undefined, undefined]);
});
