import { describe, expect, it } from 'vitest';
import { tellGithub } from '../../../src/cli/github-actions.js';
import { badMos, typicalPass } from '../report/result-fixture.js';

/** GitHub's log and summary file in memory. */
class JobHost {
  said = '';
  commands = '';
  file = 'before\n';
  refuses = false;

  constructor(readonly env: Readonly<Record<string, string>>) {}

  err(text: string): void {
    this.said += text;
  }

  ciCommands(text: string): void {
    this.commands += text;
  }

  fileBytes(): number {
    return Buffer.byteLength(this.file);
  }

  appendFile(path: string, data: Uint8Array): void {
    if (this.refuses) throw new Error(`EACCES: permission denied, open '${path}\u001B[2J'`);
    this.file += Buffer.from(data).toString();
  }
}

const JOB = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '/summary' };

describe('what a run tells GitHub', () => {
  it('is nothing elsewhere', () => {
    for (const env of [{}, { GITHUB_ACTIONS: 'false', GITHUB_STEP_SUMMARY: '' }]) {
      const host = new JobHost(env);
      tellGithub(host, badMos(), 'out/report.html');
      expect(host).toMatchObject({ said: '', commands: '', file: 'before\n' });
    }
  });

  it('is annotations, and the summary behind what stands in the file', () => {
    const host = new JobHost(JOB);
    tellGithub(host, badMos(), 'out/report.html');
    expect(host.commands.match(/^::(error|warning) title=/gm)).toHaveLength(4);
    expect(host.file).toMatch(/^before\n\n## ✕ FAIL: [^]*Report: ` out\/report\.html `\n$/);
    expect(host.said).toBe('');
  });

  it('is a warning where the file takes nothing, or would be too large for GitHub to show', () => {
    const refusing = new JobHost(JOB);
    refusing.refuses = true;
    tellGithub(refusing, typicalPass(), 'r');
    expect(refusing.said).toBe(
      "callgauge: warning: the summary of the job was not written: EACCES: permission denied, open '/summary⟨U+001B⟩[2J'\n",
    );
    const full = new JobHost(JOB);
    full.file = 'x'.repeat(1024 * 1024 - 500);
    const before = full.file;
    tellGithub(full, typicalPass(), 'r');
    expect(full.file).toBe(before);
    expect(full.said).toContain('above 1 MiB');
  });
});
