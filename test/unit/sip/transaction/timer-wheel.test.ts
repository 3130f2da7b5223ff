import { expect, it } from 'vitest';
import { TimerWheel } from '../../../../src/sip/transaction/timer-wheel.js';

it('fires in order, at the due time, in one long step or many short ones', () => {
  for (const step of [7, 10, 1_000, 100_000]) {
    const wheel = new TimerWheel();
    const fired: string[] = [];
    for (const delay of [50, 10, 0, 50, 40_960, 41_010, 95_000])
      wheel.schedule(delay, () => void fired.push(`${delay}@${wheel.nowMs}`));
    for (let now = 0; now < 100_000; now += step) wheel.advance(now + step);
    expect(fired).toEqual(['10@10', '0@10', '50@50', '50@50', '40960@40960', '41010@41010', '95000@95000']);
    expect(wheel.size).toBe(0);
  }
});

it('keeps first-in first-out within a tick', () => {
  const wheel = new TimerWheel();
  const fired: number[] = [];
  for (const n of [1, 2, 3]) wheel.schedule(20, (value: number) => void fired.push(value), n);
  wheel.advance(20);
  expect(fired).toEqual([1, 2, 3]);
});

it('cancels head, middle and tail of a slot, from inside a firing timer as well, and twice without harm', () => {
  const wheel = new TimerWheel();
  const fired: number[] = [];
  const handles = [0, 1, 2, 3, 4].map((n) => wheel.schedule(20, (value: number) => void fired.push(value), n));
  wheel.cancel(handles[0]!);
  wheel.cancel(handles[4]!);
  wheel.cancel(handles[4]!);
  wheel.schedule(10, () => wheel.cancel(handles[2]!));
  expect(wheel.size).toBe(4);
  wheel.advance(500);
  expect(fired).toEqual([1, 3]);
  expect(wheel.size).toBe(0);
});

it('a timer set by a timer counts from when that one was due', () => {
  const wheel = new TimerWheel(1_000);
  const fired: number[] = [];
  wheel.schedule(500, () => wheel.schedule(1_000, () => void fired.push(wheel.nowMs)));
  wheel.advance(50_000);
  expect(fired).toEqual([2_500]);
});

it('a timer set after a stall, before the next turn, counts from the clock and is not early by the stall', () => {
  let nowMs = 1_000;
  const wheel = new TimerWheel(nowMs, () => nowMs);
  const fired: number[] = [];
  nowMs = 1_600; // no advance in between: the thread stood still
  wheel.schedule(700, () => void fired.push(nowMs));
  for (; nowMs <= 3_000; nowMs += 10) wheel.advance(nowMs);
  expect(fired).toEqual([2_300]);
});
