import { describe, expect, it } from 'vitest';
import { CpuShare } from '../../../src/cli/cpu-share.js';
import { readHostCpu, type HostCpu } from '../../../src/cli/host.js';

class Noted {
  readonly own: [number, number][] = [];
  readonly host: [number, number][] = [];
  addCpu(second: number, ratio: number): void {
    this.own.push([second, ratio]);
  }
  addHostCpu(second: number, ratio: number): void {
    this.host.push([second, ratio]);
  }
}

it('is CPU time by wall time and cores, since the second before, and that of the host by its own clock', () => {
  const host: { cpuSeconds: number; hostCpu: HostCpu | null } = { cpuSeconds: 10, hostCpu: { busy: 500, total: 900 } };
  let nowNs = 5e9;
  const noted = new Noted();
  const share = new CpuShare(host, 2, () => nowNs);
  share.begin();
  nowNs += 1e9;
  host.cpuSeconds += 0.5;
  host.hostCpu = { busy: 650, total: 1100 };
  share.note(0, noted);
  nowNs += 2e9;
  host.cpuSeconds += 3;
  host.hostCpu = { busy: 1050, total: 1500 };
  share.note(2, noted);
  expect(noted.own).toEqual([
    [0, 0.25],
    [2, 0.75],
  ]);
  expect(noted.host).toEqual([
    [0, 0.75],
    [2, 1],
  ]);
  expect(share.take()).toEqual({ cpu: noted.own, hostCpu: noted.host });
  expect(share.take()).toEqual({ cpu: [], hostCpu: [] });
});

it('before the first second, in no time at all, and where the system does not tell, is nothing', () => {
  const noted = new Noted();
  const share = new CpuShare({ cpuSeconds: 1, hostCpu: null }, 2, () => 7);
  share.begin();
  share.note(-1, noted);
  share.note(0, noted);
  expect([...noted.own, ...noted.host]).toEqual([]);
  expect(share.take()).toEqual({ cpu: [], hostCpu: [] });
});

describe('the CPU time of the host', () => {
  it('is all but idle and iowait, with what a hypervisor took; guests are in user already', () => {
    const stat = 'cpu  100 5 30 800 60 2 3 10 40 0\ncpu0 50 2 15 400 30 1 1 5 20 0\nintr 1\n';
    expect(readHostCpu(stat)).toEqual({ busy: 150, total: 1010 });
    expect(readHostCpu('cpu  100 5 30 800\n')).toEqual({ busy: 135, total: 935 });
  });

  it('is unknown where the line is none', () => {
    expect([readHostCpu(''), readHostCpu('cpu0 1 2 3 4\n'), readHostCpu('cpu  1 2\n')]).toEqual([null, null, null]);
  });
});
