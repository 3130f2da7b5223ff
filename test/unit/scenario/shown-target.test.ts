import { describe, expect, it } from 'vitest';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { shownTarget } from '../../../src/scenario/shown-target.js';
import { good, load } from './documents.js';

const SECRET = 'hunter2';

function shown(written: string, env: Record<string, string> = {}): string {
  const scenario = good(`version: 1\nname: x\ntarget: "${written}"\n`, env);
  const [endpoint] = scenario.endpoints;
  if (endpoint?.target.kind !== 'sip') throw new Error('no SIP target');
  return shownTarget(scenario, 'endpoints[0].target', endpoint.target);
}

describe('shownTarget', () => {
  it('names a target that is written out as it is', () => {
    expect(shown('sip:600@pbx.example:5070;transport=tcp')).toBe('sip:600@pbx.example:5070;transport=tcp');
  });

  it.each([
    ['${env:T}', `sip:${SECRET}@pbx.example:5070;transport=tls`, 'sip:***@pbx.example:5070;transport=tls'],
    ['${env:T}', `sips:${SECRET}@[2001:db8::1]`, 'sips:***@[2001:db8::1]'],
    ['sip:600@${env:T}', 'pbx.example', 'sip:600@pbx.example'],
    ['sip:600@${env:T}:5070', '192.0.2.10', 'sip:600@192.0.2.10:5070'],
    ['sip:${env:T}@192.0.2.10', SECRET, 'sip:${env:T}@192.0.2.10'],
    ['sip:9${env:T}@192.0.2.10', SECRET, 'sip:9${env:T}@192.0.2.10'],
    ['sip:${env:T}', `${SECRET}@pbx.example`, 'sip:***@pbx.example'],
    ['sip:6${env:T}', `${SECRET}@pbx.example`, 'sip:***@pbx.example'],
    ['${env:T}600@pbx.example', `sip:${SECRET}`, 'sip:***@pbx.example'],
  ])('of %s which is %s names the host and not the user: %s', (written, T, expected) => {
    expect(shown(written, { T })).toBe(expected);
  });

  it('takes no @ in the name of a reference for the end of the user', () => {
    expect(shown('sip:${env:A@B}', { 'A@B': `${SECRET}@pbx.example` })).toBe('sip:***@pbx.example');
  });

  it('names the place of users, who have no part in it', () => {
    const text = 'version: 1\nname: x\ntarget: "${env:T}"\nusers: [{ user: a }, { user: b }]\ncall: { to: users }\n';
    const scenario = good(text, { T: 'sip:pbx.example' });
    const [endpoint] = scenario.endpoints;
    if (endpoint?.target.kind !== 'sip') throw new Error('no SIP target');
    expect(shownTarget(scenario, 'endpoints[0].target', endpoint.target)).toBe('sip:pbx.example');
  });

  it('a password in a target is refused, wherever it came from, and no message has it', () => {
    const { scenario, problems } = load('version: 1\nname: x\ntarget: "${env:T}"\n', { T: `sip:a:${SECRET}@pbx` });
    expect(scenario).toBeNull();
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });

  it('the scenario that a result keeps has the reference, and loads again as it was', () => {
    const scenario = good('version: 1\nname: x\ntarget: "${env:T}"\n', { T: `sip:${SECRET}@pbx.example` });
    expect(scenarioDocument(scenario)).toMatchObject({ endpoints: [{ target: '${env:T}' }] });
  });
});
