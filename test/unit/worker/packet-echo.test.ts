import { describe, expect, it } from 'vitest';
import { PacketEcho } from '../../../src/worker/packet-echo.js';

const push = (echo: PacketEcho, ...payload: number[]): void =>
  echo.push(Uint8Array.from([0, 0, ...payload, 0]), 2, payload.length);
const next = (echo: PacketEcho): number[] | null => {
  const packet = echo.nextPacket();
  return packet === null ? null : [...packet.subarray(12)];
};

describe('an echo of whole packets', () => {
  it('gives back what it heard in its order and its lengths, with room for a header', () => {
    const echo = new PacketEcho();
    push(echo, 1, 2, 3);
    push(echo, 4);
    expect([next(echo), next(echo), next(echo)]).toEqual([[1, 2, 3], [4], null]);
  });

  it('gives up the oldest when too much waits', () => {
    const echo = new PacketEcho();
    for (let i = 0; i < 11; i++) push(echo, i);
    const all = Array.from({ length: 9 }, () => next(echo));
    expect(all).toEqual([[3], [4], [5], [6], [7], [8], [9], [10], null]);
  });

  it('forgets, and leaves out what is no packet of a codec', () => {
    const echo = new PacketEcho();
    push(echo, 1);
    echo.clear();
    expect(next(echo)).toBeNull();
    echo.push(new Uint8Array(2000), 0, 1401);
    echo.push(new Uint8Array(2000), 0, 0);
    expect(next(echo)).toBeNull();
  });

  it('keeps what waits apart from what came', () => {
    const echo = new PacketEcho();
    const data = Uint8Array.of(5, 6);
    echo.push(data, 0, 2);
    data.fill(0);
    expect(next(echo)).toEqual([5, 6]);
  });
});
