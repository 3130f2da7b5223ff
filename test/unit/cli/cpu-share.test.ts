import { expect, it } from 'vitest';
import { CpuShare } from '../../../src/cli/cpu-share.js';

it('is CPU time by wall time and cores, since the second before', () => {
  const host = { cpuSeconds: 10 };
  let nowNs = 5e9;
  const noted: [number, number][] = [];
  const into = { addCpu: (second: number, ratio: number) => noted.push([second, ratio]) };
  const share = new CpuShare(host, 2, () => nowNs);
  share.begin();
  nowNs += 1e9;
  host.cpuSeconds += 0.5;
  share.note(0, into);
  nowNs += 2e9;
  host.cpuSeconds += 3;
  share.note(2, into);
  expect(noted).toEqual([
    [0, 0.25],
    [2, 0.75],
  ]);
  expect(share.take()).toEqual(noted);
  expect(share.take()).toEqual([]);
});

it('before the first second, and in no time at all, is nothing', () => {
  const share = new CpuShare({ cpuSeconds: 1 }, 2, () => 7);
  share.begin();
  share.note(-1, { addCpu: () => expect.unreachable() });
  share.note(0, { addCpu: () => expect.unreachable() });
  expect(share.take()).toEqual([]);
});
