import { describe, expect, it } from 'vitest';
import { scenarioArguments } from '../../../src/cli/scenario-flags.js';
import { applyOverrides } from '../../../src/scenario/overrides.js';

const insecureAfter = (given: Readonly<Record<string, unknown>>): boolean | undefined => {
  const lax = applyOverrides(null, { target: 'sip:600@127.0.0.1;transport=tls', tlsInsecure: true }).scenario;
  return applyOverrides(lax, scenarioArguments(given).flags).scenario?.network.tls.insecure;
};

describe('--tls-insecure', () => {
  it('=false turns the check of certificates on again that the scenario turned off', () => {
    expect(insecureAfter({ 'tls-insecure': false })).toBe(false);
    expect(insecureAfter({ 'tls-insecure': true })).toBe(true);
  });

  it('that is not given leaves the scenario as it is', () => {
    expect(insecureAfter({ 'tls-insecure': undefined })).toBe(true);
  });
});
