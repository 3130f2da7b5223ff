/** `srtp` of a scenario and `--srtp`: off, demanded, or suites by name; and who is told that the keys can be read. */
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/lib/errors.js';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { expectedPeak } from '../../../src/scenario/peak.js';
import { applyOverrides } from '../../../src/scenario/overrides.js';
import { good, HEAD, linesOf } from './documents.js';

const DEFAULTS = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

describe('srtp', () => {
  it('is off without a word, and is then left out of the result’s document', () => {
    for (const text of [HEAD, `${HEAD}srtp: off\n`]) {
      expect(good(text).srtp).toBeNull();
      expect(scenarioDocument(good(text))).not.toHaveProperty('srtp');
    }
  });

  it.each([
    ['required', DEFAULTS],
    ['AEAD_AES_256_GCM', ['AEAD_AES_256_GCM']],
    ['[AES_256_CM_HMAC_SHA1_32, AEAD_AES_128_GCM]', ['AES_256_CM_HMAC_SHA1_32', 'AEAD_AES_128_GCM']],
  ])('%s stands for suites, which the result’s document names', (written, suites) => {
    const scenario = good(`${HEAD}srtp: ${written}\n`);
    expect(scenario.srtp).toEqual(suites);
    expect(scenarioDocument(scenario)['srtp']).toEqual(suites);
  });

  it.each(['on', 'true', '[]', '[off]', '[AEAD_AES_128_GCM, AEAD_AES_128_GCM]', 'AES_CM_256_HMAC_SHA1_80'])(
    '%s is a problem',
    (written) => {
      expect(linesOf(`${HEAD}srtp: ${written}\n`).join()).toMatch(
        /peak\.yaml:4:\d srtp: expected off, required, or a suite or a list of them in order of preference \(AES_CM_128_/,
      );
    },
  );

  it('is replaced by the flag', () => {
    const scenario = good(`${HEAD}srtp: AEAD_AES_128_GCM\n`);
    const flagged = (srtp: string) => applyOverrides(scenario, { srtp });
    expect(flagged('off').scenario?.srtp).toBeNull();
    expect(flagged('required').scenario?.srtp).toEqual(DEFAULTS);
    expect(flagged('AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80').scenario?.srtp).toEqual([
      'AEAD_AES_256_GCM',
      'AES_CM_128_HMAC_SHA1_80',
    ]);
    expect(flagged('x').problems.map(formatProblem).join()).toContain('--srtp: expected off, required, or a suite');
  });
});

const warningsFor = (target: string, flags = {}): readonly string[] =>
  applyOverrides(good(HEAD.replace('loopback', `"${target}"`)), { srtp: 'required', ...flags }).warnings;

const peakOf = (srtp: string): number =>
  expectedPeak(good(`${HEAD}srtp: ${srtp}\n`), { peakActive: () => 10 }).mbitPerSecond;

it('its tags are part of the expected traffic', () => {
  // 10 calls × 50 packets × 2 directions × 8 bits of 200 bytes, and of 10 and 16 more.
  expect(['off', 'required', '[AES_CM_128_HMAC_SHA1_32, AEAD_AES_128_GCM]'].map(peakOf)).toEqual([1.6, 1.68, 1.728]);
});

describe('a warning says that the keys can be read', () => {
  it.each(['sip:1@192.168.0.9', 'sip:1@192.168.0.9;transport=tcp', 'sip:1@192.168.0.9;transport=ws'])(
    'where %s is called',
    (target) => {
      expect(warningsFor(target)).toEqual([
        'srtp: the signalling of target is not encrypted: the keys are in the SDP, for anybody on the way to read (use transport=tls or wss)',
      ]);
    },
  );

  it('not over TLS or secure WebSockets, nor to ourselves', () => {
    for (const target of [
      'sip:1@192.168.0.9;transport=tls',
      'sip:1@192.168.0.9;transport=wss',
      'sips:1@192.168.0.9',
      'loopback',
    ])
      expect(warningsFor(target)).toEqual([]);
  });

  it('by the transport of the outbound proxy, where there is one', () => {
    expect(warningsFor('sip:1@192.168.0.9', { proxy: 'sip:192.168.0.1;transport=tls' })).toEqual([]);
    expect(warningsFor('sip:1@192.168.0.9;transport=tls', { proxy: 'sip:192.168.0.1' })).toHaveLength(1);
  });

  it('not where there is no SRTP', () => {
    expect(warningsFor('sip:1@192.168.0.9', { srtp: 'off' })).toEqual([]);
  });
});
