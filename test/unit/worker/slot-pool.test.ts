import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SlotCommand, SlotReport } from '../../../src/worker/messages.js';
import { SlotPool } from '../../../src/worker/slot-pool.js';

const pools: SlotPool[] = [];

afterEach(() => pools.splice(0).forEach((pool) => pool.close()));

/** A pool with one slot of one media worker, which is played by the test. */
async function bench() {
  const pool = new SlotPool('10.0.0.2');
  pools.push(pool);
  const { port1, port2 } = new MessageChannel();
  const commands: SlotCommand[] = [];
  port1.on('message', (command: SlotCommand) => commands.push(command));
  const report = (message: SlotReport): void => port1.postMessage(message);
  report({ type: 'slots', slots: [{ slot: 0, rtpPort: 4000 }], more: false });
  await pool.join(port2);
  const settle = async (): Promise<void> => {
    await roundTrip(port1, report, pool);
  };
  return { pool, commands, report, settle };
}

/** Messages of a port come in order: what was sent before has been heard when one more was. */
async function roundTrip(_: MessagePort, report: (message: SlotReport) => void, pool: SlotPool): Promise<void> {
  const before = pool.opened;
  report({ type: 'slots', slots: [{ slot: 1000 + before, rtpPort: 5000 }], more: true });
  while (pool.opened === before) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the totals of a leg', () => {
  it('go to whoever released the slot, once, and not to its next user', async () => {
    const { pool, report, settle } = await bench();
    const heard: number[][] = [];
    const first = pool.take(1, 0)!;
    first.onMeasured = (totals) => void heard.push([1, ...totals]);
    first.release(5);
    report({ type: 'free', slot: 0, totals: Float64Array.of(7) });
    await settle();
    expect(heard).toEqual([[1, 7]]);
    report({ type: 'free', slot: 0, totals: Float64Array.of(8) });
    await settle();
    expect(heard).toEqual([[1, 7]]);
  });

  it('of a leg that was never connected there are none', async () => {
    const { pool, report, settle } = await bench();
    const slot = pool.take(1, 0)!;
    slot.onMeasured = () => expect.fail('nothing was measured');
    slot.release(5);
    report({ type: 'free', slot: 0, totals: null });
    await settle();
    expect(pool.take(2, 0)?.rtpPort).toBe(4000);
  });

  it('are dropped where nobody asked, and of a media worker that died', async () => {
    const { pool, report, settle } = await bench();
    pool.take(1, 0)!.release(5);
    report({ type: 'free', slot: 0, totals: Float64Array.of(7) });
    await settle();
    const second = pool.take(2, 0)!;
    second.onMeasured = () => expect.fail('it is dead');
    second.release(6);
    pool.lose(0);
    report({ type: 'free', slot: 0, totals: Float64Array.of(7) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pool.take(3, 0)).toBeNull();
  });
});

it('knows why there are no more slots, on either side of a call, until there are more after all', async () => {
  const { pool, report, settle } = await bench();
  expect(pool.shortage).toBeNull();
  report({ type: 'slots', slots: [], more: false, shortage: 'no file handle is left' });
  await vi.waitFor(() => expect(pool.shortage).toBe('no file handle is left'));
  expect(pool.forSide('caller').shortage).toBe('no file handle is left');
  await settle();
  expect(pool.shortage).toBeNull();
});
