import { describe, expect, it } from 'vitest';
import { recordedEndpoints } from '../../../src/cli/run-facts.js';
import { good } from '../scenario/documents.js';

const targetsOf = (text: string, env: Record<string, string>, uris: readonly string[] = []): string[] =>
  recordedEndpoints(good(`version: 1\nname: x\n${text}`, env), uris).map(({ target }) => target);

describe('the targets that a run notes of itself', () => {
  it('are named by their hosts where they come from variables, without their users', () => {
    const text = 'endpoints:\n  - { name: a, target: "${env:A}" }\n  - { name: b, target: "sip:600@${env:B}" }\n';
    expect(targetsOf(text, { A: 'sip:hunter2@pbx.test:5070', B: '192.0.2.7' })).toEqual([
      'sip:***@pbx.test:5070',
      'sip:600@192.0.2.7',
    ]);
  });

  it('are those of our own answerer once it is up, also where a variable says so', () => {
    expect(targetsOf('target: "${env:A}"\n', { A: 'loopback' })).toEqual(['loopback']);
    expect(targetsOf('target: "${env:A}"\n', { A: 'loopback' }, ['sip:echo@127.0.0.1:4711'])).toEqual([
      'sip:echo@127.0.0.1:4711',
    ]);
  });
});
