/** The loop of a signalling thread: by timers while little comes, a millisecond at a time while much does, and back. */
import { afterEach, expect, it } from 'vitest';
import { monotonicNs } from '../../../src/lib/clock.js';
import type { UdpTransport } from '../../../src/sip/transport/udp.js';
import { SignallingLoop } from '../../../src/worker/signalling-loop.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let loop: SignallingLoop | null = null;
afterEach(() => loop?.stop());

/** A socket at which `perStep` messages wait whenever it is drained; what is done with it is counted. */
function loopOn({ isDatagramOnly = true, isNative = true } = {}) {
  const seen = { steps: 0, sleeps: 0, gathered: 0, released: 0, flushed: 0, perStep: 0 };
  const counters = { received: 0 };
  const sleepUntil = (deadlineNs: number): void => {
    seen.sleeps++;
    while (monotonicNs() < deadlineNs); // as the kernel would
  };
  const socket = {
    counters,
    native: isNative ? { sleepUntil } : null,
    drain: () => (counters.received += seen.perStep),
    gather: () => void seen.gathered++,
    flush: () => void seen.flushed++,
    release: () => void seen.released++,
  } as unknown as UdpTransport;
  loop = new SignallingLoop({
    socket,
    isDatagramOnly: () => isDatagramOnly,
    step: () => void seen.steps++,
    nextNs: () => null,
  });
  loop.countsDelays = true;
  loop.turn();
  return { seen, loop };
}

it('does not sleep while little comes', async () => {
  const { seen } = loopOn();
  await pause(60);
  expect(seen.steps).toBeGreaterThan(1);
  expect([seen.sleeps, seen.gathered]).toEqual([0, 0]);
});

it('sleeps between steps while much comes, sends together, lets others have their turn, and stops when it is over', async () => {
  const { seen, loop: running } = loopOn();
  seen.perStep = 100;
  await pause(100); // its timer is one of the others
  expect(seen.sleeps).toBeGreaterThan(5);
  expect(seen.gathered).toBeGreaterThan(0);
  expect(seen.flushed).toBeGreaterThanOrEqual(seen.sleeps);
  seen.perStep = 0;
  await pause(100);
  const before = seen.sleeps;
  await pause(60);
  expect(seen.sleeps).toBe(before);
  expect(seen.released).toBeGreaterThan(0);
  expect(running.delayUs.take().length).toBeGreaterThan(0);
});

it.each([{ isDatagramOnly: false }, { isNative: false }])(
  'never does where something else may come, %o',
  async (how) => {
    const { seen } = loopOn(how);
    seen.perStep = 100;
    await pause(60);
    expect([seen.sleeps, seen.gathered]).toEqual([0, 0]);
  },
);
