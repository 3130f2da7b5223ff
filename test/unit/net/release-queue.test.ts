import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/lib/random.js';
import { MAX_WAITING_BYTES, ReleaseQueue } from '../../../src/net/release-queue.js';

function packet(...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

/** The first bytes of what is due, in order. */
function drain(queue: ReleaseQueue<string>, nowNs: number): number[] {
  const bytes: number[] = [];
  for (let due = queue.takeDue(nowNs); due !== null; due = queue.takeDue(nowNs)) {
    bytes.push(due.packet[0] ?? -1);
    queue.release(due);
  }
  return bytes;
}

describe('a queue of packets', () => {
  test('gives them in the order of their times, and of their coming where those are equal', () => {
    const queue = new ReleaseQueue<string>();
    for (const [byte, dueNs] of [
      [1, 30],
      [2, 10],
      [3, 20],
      [4, 10],
      [5, 10],
    ] as const) {
      queue.add(packet(byte), dueNs);
    }
    expect(queue.nextDueNs).toBe(10);
    expect(drain(queue, 9)).toEqual([]);
    expect(drain(queue, 20)).toEqual([2, 4, 5, 3]);
    expect(queue.nextDueNs).toBe(30);
    expect(drain(queue, 30)).toEqual([1]);
    expect(queue.nextDueNs).toBe(Number.POSITIVE_INFINITY);
  });

  test('sorts a thousand times drawn at random, with takes in between', () => {
    const queue = new ReleaseQueue<string>();
    const random = createRandom(3);
    const times: number[] = [];
    for (let i = 0; i < 1000; i++) {
      queue.add(packet(0), random.nextUint32() % 5000);
      if (i % 3 === 0) {
        const due = queue.takeDue(2000);
        if (due !== null) queue.release(due);
      }
    }
    for (let due = queue.takeDue(1e9); due !== null; due = queue.takeDue(1e9)) {
      times.push(due.dueNs);
    }
    expect(times.length).toBeGreaterThan(600);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('keeps copies: the sender writes the next packet over the one that waits', () => {
    const queue = new ReleaseQueue<string>();
    const bytes = packet(7, 8);
    queue.add(bytes, 1);
    bytes.fill(0);
    expect(queue.takeDue(1)?.packet).toEqual(packet(7, 8));
  });

  test('reuses its memory, and has no room beyond its bound', () => {
    const queue = new ReleaseQueue<string>(2);
    const first = queue.add(packet(1), 1);
    queue.add(packet(2), 2);
    expect(queue.add(packet(3), 3)).toBeNull();
    const memory = first?.packet;
    expect(drain(queue, 1)).toEqual([1]);
    expect(queue.add(packet(4), 4)?.packet).toBe(memory); // the very view: nothing was allocated
  });

  test('takes no packet that is longer than audio ever is', () => {
    const queue = new ReleaseQueue<string>();
    expect(queue.add(new Uint8Array(MAX_WAITING_BYTES + 1), 1)).toBeNull();
    expect(queue.add(new Uint8Array(MAX_WAITING_BYTES), 1)?.packet).toHaveLength(MAX_WAITING_BYTES);
  });
});
