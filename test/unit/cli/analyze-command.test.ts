import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.js';
import type { ProcessHost } from '../../../src/cli/host.js';
import { Tape } from '../analysis/captures.js';

/** The command as a user runs it, on files in memory. */
async function analyze(args: readonly string[], files: Readonly<Record<string, Uint8Array>> = {}) {
  const output = { code: -1, stdout: '', stderr: '' };
  const host = {
    args: ['analyze', ...args],
    env: {},
    twins: new Map(),
    version: '1.2.3',
    out: (text: string) => (output.stdout += text),
    err: (text: string) => (output.stderr += text),
    readChunks: (path: string) => {
      const file = files[path];
      if (file !== undefined) return Readable.from([Buffer.from(file)]);
      return new Readable({
        read() {
          const message = `ENOENT: no such file or directory, open '${path}'`;
          this.destroy(Object.assign(new Error(message), { syscall: 'open' }));
        },
      });
    },
  };
  output.code = await runProgram(host as unknown as ProcessHost);
  return output;
}

const CLEAN = { 'a.pcap': new Tape().stream(0, 400).file() };
const LOSSY = { 'a.pcap': new Tape().stream(0, 400, { lost: [50, 100, 150, 200] }).file() };

describe('callgauge analyze', () => {
  it('ends with 0 when the file was read, whatever is in it', async () => {
    const { code, stdout, stderr } = await analyze(['a.pcap'], LOSSY);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('lost 4 (1 %)');
    const json = await analyze(['a.pcap', '--json'], LOSSY);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schemaVersion: 1,
      file: 'a.pcap',
      verdict: null,
      streams: [{ lost: 4 }],
    });
  });

  it('judges by gates: 0 passed, 3 failed, 4 without data', async () => {
    const gates = ['--gate', 'loss{per=call}.max <= 0.5%', '--gate', 'mos{per=call}.min >= 4'];
    const passed = await analyze(['a.pcap', ...gates, '--json'], CLEAN);
    expect([passed.code, JSON.parse(passed.stdout).verdict]).toEqual([0, 'pass']);
    const failed = await analyze(['a.pcap', ...gates], LOSSY);
    expect(failed.code).toBe(3);
    expect(failed.stdout).toContain('Gates: FAIL');
    expect(failed.stdout).toContain('fail  loss{per=call}.max <= 0.5%  1 %, margin −0.5 %, 1 samples');
    expect((await analyze(['a.pcap', '--gate', 'success_ratio >= 99%'], CLEAN)).code).toBe(4);
  });

  describe('of a codec that is not built in', () => {
    const G729 = { 'a.pcap': new Tape().stream(0, 400, { payloadType: 97 }).file() };
    const gate = ['--gate', 'mos{codec=g729,per=call}.min >= 4'];
    const map = ['--rtpmap', '97=G729/8000'];

    it('is judged by a gate with the values that are published, or those that are given', async () => {
      const passed = await analyze(['a.pcap', ...map, ...gate], G729);
      expect({ code: passed.code, stderr: passed.stderr }).toEqual({ code: 0, stderr: '' });
      expect(passed.stdout).toContain('MOS-LQ 4.10 (Ie 11, Bpl 19)');
      // R = 93.2 − 30, which is MOS 3.26.
      const failed = await analyze(['a.pcap', ...map, ...gate, '--impairment', 'G729:ie=30,bpl=19'], G729);
      expect(failed.code).toBe(3);
      expect(failed.stdout).toContain('MOS-LQ 3.26 (Ie 30, Bpl 19)');
    });

    it('has no score where nobody knows what it costs, and says how to give it', async () => {
      const { code, stdout } = await analyze(['a.pcap', '--rtpmap', '97=EVS/16000'], G729);
      expect(code).toBe(0);
      expect(stdout).toContain('what the codec costs is not known');
      const given = await analyze(['a.pcap', '--rtpmap', '97=EVS/16000', '--impairment', 'EVS:ie=8,bpl=5'], G729);
      expect(given.stdout).toMatch(/MOS-LQ \d\.\d\d wideband \(Ie 8, Bpl 5\)/);
    });

    it('may be named by a gate only where it is known', async () => {
      const absent = await analyze(['a.pcap', '--gate', 'mos{codec=GSM}.min >= 4'], G729);
      expect(absent.code).toBe(4);
      const unknown = await analyze(['a.pcap', '--gate', 'mos{codec=G7299}.min >= 4'], G729);
      expect(unknown.code).toBe(2);
      expect(unknown.stderr).toContain('did you mean "G729"?');
      const wrong = await analyze(['a.pcap', '--impairment', 'G729=11'], G729);
      expect(wrong).toMatchObject({ code: 2, stdout: '' });
      expect(wrong.stderr).toContain('--impairment: expected a codec with its Ie and Bpl like G729:ie=11,bpl=19');
    });
  });

  it('measures what is left of a damaged file, and says so', async () => {
    const { code, stdout } = await analyze(['a.pcap'], { 'a.pcap': CLEAN['a.pcap'].subarray(0, -3) });
    expect(code).toBe(0);
    expect(stdout).toContain('packets 399');
    expect(stdout).toContain('▲ the file was read in part: damaged at byte');
  });

  it('ends with 2 for what is no capture, cannot be read, or was typed wrong, and says why', async () => {
    const text = { 'a.pcap': new TextEncoder().encode('hello') };
    expect(await analyze(['a.pcap'], text)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'a.pcap: expected a pcap or pcapng file, got text that begins with "hell"\n',
    });
    expect(await analyze(['none.pcap'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'none.pcap: cannot be read: no such file or directory\n',
    });
    const wrong = await analyze(['a.pcap', '--rtpmap', '96=G722', '--gate', 'lost < 1%'], CLEAN);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      '--rtpmap: expected a payload type and its encoding like 96=G722/8000, got "96=G722"',
    );
    expect(wrong.stderr).toContain('did you mean "loss"');
    expect((await analyze([])).stderr).toContain('expected the path of a capture');
  });
});
