import { describe, expect, it } from 'vitest';
import { NetError } from '../../../src/net/datagram.js';
import { SlotOpener } from '../../../src/worker/slot-opener.js';
import { MemoryNetwork, MemorySockets } from './memory-sockets.js';

function opener(first: number, last: number, worker = { index: 0, workers: 1 }) {
  const sockets = new MemorySockets(new MemoryNetwork());
  const setup = { ...worker, localAddress: '10.0.0.1', rtpPorts: { first, last } };
  const ports = async (count: number): Promise<number[]> =>
    (await slotOpener.open(count)).map(({ rtpPort }) => rtpPort);
  const slotOpener = new SlotOpener(setup, sockets);
  return { sockets, ports, slotOpener };
}

const openPorts = (sockets: MemorySockets): number[] => sockets.handles.flatMap((bound) => (bound ? [bound.port] : []));

describe('SlotOpener', () => {
  it('opens RTP on even ports and RTCP on the next, from an odd start too', async () => {
    const { sockets, slotOpener } = opener(4001, 4010);
    const slots = await slotOpener.open(2);
    expect(slots.map(({ rtpPort }) => rtpPort)).toEqual([4002, 4004]);
    expect(
      slots.map(({ rtpHandle, rtcpHandle }) => [sockets.handles[rtpHandle]?.port, sockets.handles[rtcpHandle]?.port]),
    ).toEqual([
      [4002, 4003],
      [4004, 4005],
    ]);
  });

  it('skips a pair of which either port is in use, and closes the other', async () => {
    const { sockets, ports } = opener(4000, 4020);
    sockets.refusals.set(4000, 'address-in-use').set(4003, 'address-in-use');
    expect(await ports(2)).toEqual([4004, 4006]);
    expect(openPorts(sockets)).toEqual([4004, 4005, 4006, 4007]);
  });

  it('shares the range among workers without a gap or an overlap', async () => {
    const all = await Promise.all([0, 1, 2].map((index) => opener(4000, 4017, { index, workers: 3 }).ports(3)));
    expect(all.flat().toSorted((a, b) => a - b)).toEqual([4000, 4002, 4004, 4006, 4008, 4010, 4012, 4014, 4016]);
  });

  it('gives what there is, and throws when there is nothing more', async () => {
    const { ports, slotOpener } = opener(4000, 4004); // 4004 has no RTCP port in the range
    expect(await ports(5)).toEqual([4000, 4002]);
    await expect(slotOpener.open(1)).rejects.toThrow('no RTP port pair is left in 4000-4004');
    await expect(slotOpener.open(0)).resolves.toEqual([]);
  });

  it('says why there are fewer than were asked for, and what mends it', async () => {
    const { slotOpener } = opener(4000, 4003);
    await slotOpener.open(1);
    expect(slotOpener.shortage).toBeNull();
    await slotOpener.open(2);
    expect(slotOpener.shortage).toBe('no RTP port pair is left in 4000-4003 (widen network.rtpPorts)');
    const shared = opener(4000, 4003);
    shared.sockets.refusals.set(4001, 'address-in-use');
    await shared.slotOpener.open(2);
    expect(shared.slotOpener.shortage).toBe(
      'no RTP port pair is left in 4000-4003 (some are in use by other programs) (widen network.rtpPorts)',
    );
  });

  it('tries the port again that only lacked a file handle', async () => {
    const { sockets, ports, slotOpener } = opener(4000, 4100);
    sockets.refusals.set(4003, 'too-many-open-files');
    expect(await ports(10)).toEqual([4000]);
    expect(slotOpener.shortage).toContain('(raise the limit of open files: ulimit -n)');
    sockets.refusals.delete(4003);
    expect(await ports(2)).toEqual([4002, 4004]);
    expect(slotOpener.shortage).toBeNull();
  });

  it.each([4006, 4007])('stops where file handles end (at port %d), and leaks none', async (port) => {
    const { sockets, ports, slotOpener } = opener(4000, 4100);
    for (let p = port; p < 4100; p++) sockets.refusals.set(p, 'too-many-open-files');
    expect(await ports(10)).toEqual([4000, 4002, 4004]);
    expect(openPorts(sockets)).toEqual([4000, 4001, 4002, 4003, 4004, 4005]);
    await expect(slotOpener.open(10)).rejects.toMatchObject({ code: 'too-many-open-files' });
  });

  it('does not go through all ports for an address that is not ours', async () => {
    const { sockets, slotOpener } = opener(4000, 60_000);
    let tries = 0;
    sockets.open = () => {
      tries++;
      return Promise.reject(new NetError('address-not-available', 'not ours'));
    };
    await expect(slotOpener.open(3)).rejects.toMatchObject({ code: 'address-not-available' });
    expect(tries).toBe(1);
  });

  it('lets a fault pass', async () => {
    const { sockets, slotOpener } = opener(4000, 4010);
    sockets.open = () => Promise.reject(new TypeError('a bug'));
    await expect(slotOpener.open(1)).rejects.toThrow(TypeError);
  });
});
