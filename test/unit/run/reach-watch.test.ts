import { describe, expect, it } from 'vitest';
import { ReachWatch } from '../../../src/run/reach-watch.js';
import type { CallRecord, CallerEndpoint, SignallingSetup } from '../../../src/worker/messages.js';
import { cutRecord, failedRecord, notStartedRecord, recordOf } from './batches.js';

const REFUSED = 'connect ECONNREFUSED 192.0.2.1:5060';

function watchOf(names: readonly string[] = ['target'], workers = 1): ReachWatch {
  const endpoints = names.map((_, index) => ({
    servers: [{ addresses: [index === 0 ? '192.0.2.1' : '2001:db8::1'], port: 5060, priority: 0, weight: 0 }],
    protocol: index === 0 ? 'TCP' : 'TLS',
  })) as readonly Partial<CallerEndpoint>[];
  const setup = { role: { type: 'caller', endpoints } } as unknown as SignallingSetup;
  return new ReachWatch(
    Array.from({ length: workers }, () => setup),
    names,
  );
}

const unreached = (changes: Partial<CallRecord> = {}): CallRecord =>
  failedRecord({ sipStatus: null, cause: 'connectionFailed', detail: REFUSED, ...changes });

const several = (count: number, record = unreached()): CallRecord[] => Array.from({ length: count }, () => record);

describe('a target', () => {
  it('that took no connection of ten calls is not there, and is told of with the place and what to check', () => {
    const watch = watchOf();
    watch.take({ worker: 0, records: several(9) });
    expect(watch.isHopeless).toBe(false);
    watch.take({ worker: 0, records: several(1) });
    expect(watch.isHopeless).toBe(true);
    expect(watch.trouble()).toEqual({
      reason: `the target cannot be reached at 192.0.2.1:5060 over TCP: ${REFUSED}; so ended all 10 calls`,
      hint: 'nothing listens there: check address, port, transport and firewall; --wait 60s waits for a target that is still starting',
    });
  });

  it('is judged by calls that ended by themselves', () => {
    const watch = watchOf();
    expect(watch.trouble()).toBeNull();
    watch.take({ worker: 0, records: [cutRecord('before'), notStartedRecord()] });
    expect([watch.trouble(), watch.hasCut]).toEqual([null, true]);
    watch.take({ worker: 0, records: [unreached()] });
    expect(watch.trouble()?.reason).toMatch(/; so ended the only call$/);
  });

  it('that no socket of this host was left to reach is no fault of its own', () => {
    const watch = watchOf();
    const detail = 'connect EMFILE 192.0.2.1:5060 - Local (undefined:undefined)';
    watch.take({ worker: 0, records: several(10, notStartedRecord({ cause: 'noFileHandle', detail })) });
    expect(watch.isHopeless).toBe(true);
    expect(watch.trouble()).toEqual({
      reason: `the target cannot be reached at 192.0.2.1:5060 over TCP: ${detail}; so ended all 10 calls`,
      hint: 'raise the limit of open files: ulimit -n, or let calls share connections',
    });
  });

  it.each<[string, CallRecord]>([
    ['answered', recordOf()],
    ['was refused by a response', failedRecord()],
    ['timed out', unreached({ cause: 'timeout' })],
  ])('of which one call %s is there, or its silence is another matter', (_what, other) => {
    const watch = watchOf();
    watch.take({ worker: 0, records: [...several(20), other] });
    expect([watch.isHopeless, watch.trouble()]).toEqual([false, null]);
  });

  it('may be one of several: each of them, and each thread, must have found nobody', () => {
    const watch = watchOf(['a', 'b'], 2);
    watch.take({ worker: 0, records: several(10) });
    expect(watch.isHopeless).toBe(false);
    watch.take({ worker: 0, records: [unreached({ endpoint: 1 })] });
    expect(watch.isHopeless).toBe(false);
    watch.take({ worker: 1, records: [unreached({ endpoint: 1, detail: 'connect ETIMEDOUT' })] });
    expect(watch.isHopeless).toBe(true);
    expect(watch.trouble()).toEqual({
      reason: 'endpoint b cannot be reached at [2001:db8::1]:5060 over TLS: connect ETIMEDOUT; so ended all 12 calls',
      hint: 'check address, port, transport and firewall; --wait 60s waits for a target that is still starting',
    });
  });

  it.each([
    ['self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)', /^--tls-ca FILE .*--tls-insecure takes any$/],
    ['tlsv13 alert certificate required (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)', /--tls-cert, --tls-key/],
    ['wrong version number (EPROTO)', /^check that TLS is spoken on that port/],
  ])('with which there is no agreement on TLS: %s', (detail, hint) => {
    const watch = watchOf();
    watch.take({ worker: 0, records: [unreached({ cause: 'tlsFailed', detail })] });
    expect(watch.trouble()?.hint).toMatch(hint);
  });
});
