/** Which transport and servers a scenario's targets come to, by a resolver of the test's own. */
import { describe, expect, it } from 'vitest';
import { findServers } from '../../../src/cli/target-servers.js';
import { applyOverrides } from '../../../src/scenario/overrides.js';
import type { Scenario } from '../../../src/scenario/scenario.js';
import type { SipResolver } from '../../../src/sip/transport/resolver.js';

/** A domain that wants TCP, and has a server for UDP as well. */
const resolver: SipResolver = {
  naptr: (domain) =>
    Promise.resolve(
      domain === 'pbx.test'
        ? [{ order: 1, preference: 1, flags: 's', service: 'SIP+D2T', regexp: '', replacement: '_sip._tcp.pbx.test' }]
        : [],
    ),
  srv: (service) => {
    const port = new Map([
      ['_sip._tcp.pbx.test', 5070],
      ['_sip._udp.pbx.test', 5080],
    ]).get(service);
    return Promise.resolve(port === undefined ? [] : [{ name: 'a.pbx.test', port, priority: 0, weight: 1 }]);
  },
  addresses: () => Promise.resolve(['192.0.2.7']),
};

function scenarioFor(target: string, proxy?: string): Scenario {
  const { scenario, problems } = applyOverrides(null, { target, ...(proxy !== undefined && { proxy }) });
  if (scenario === null) throw new Error(JSON.stringify(problems));
  return scenario;
}

async function placeOf(target: string, proxy?: string): Promise<unknown> {
  const { of } = await findServers(scenarioFor(target, proxy), resolver);
  return [...of.values()].map(({ protocol, servers }) => [protocol, servers.map(({ port }) => port)]);
}

describe('where calls go', () => {
  it.each([
    ['sip:7@pbx.test', [['TCP', [5070]]]],
    ['sip:7@pbx.test;transport=udp', [['UDP', [5080]]]],
    ['sip:7@pbx.test:5062', [['UDP', [5062]]]],
    ['sip:7@other.test', [['UDP', [5060]]]],
    ['sips:7@pbx.test', [['TLS', [5061]]]],
    ['sip:7@192.0.2.1', [['UDP', [5060]]]],
  ])('%s', async (target, expected) => {
    expect(await placeOf(target)).toEqual(expected);
  });

  it('names the host that has no address, and not the user', async () => {
    const unknown = Object.assign(new Error('queryA'), { code: 'ENOTFOUND' });
    const none: SipResolver = { ...resolver, addresses: () => Promise.reject(unknown) };
    await expect(findServers(scenarioFor('sip:hunter2@typo.test:5060'), none)).rejects.toMatchObject({
      name: 'CannotRunError',
      message: 'the host name typo.test of endpoint target cannot be resolved: ENOTFOUND',
    });
  });

  it('by an outbound proxy, whose transport is the one that counts', async () => {
    expect(await placeOf('sip:7@192.0.2.1', 'sip:pbx.test')).toEqual([['TCP', [5070]]]);
  });
});
