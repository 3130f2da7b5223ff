import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';
import { scenarioWarnings } from '../../../src/scenario/checks.js';
import { scenarioDocument } from '../../../src/scenario/document-form.js';
import { good, HEAD, linesOf } from './documents.js';

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(scenarioJsonSchema());

describe('scenarioJsonSchema', () => {
  it('is draft-07, describes every key of the top level, and prints defaults', () => {
    const schema = scenarioJsonSchema() as { $schema: string; properties: Record<string, { description?: string }> };
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    for (const [key, value] of Object.entries(schema.properties))
      expect([key, value.description]).not.toContain(undefined);
    expect(JSON.stringify(schema)).toContain('"default":"500/s"');
  });

  it.each(['smoke', 'impaired-network', 'registered-users'])('accepts the scenario %s', (name) => {
    const text = readFileSync(new URL(`../../../scenarios/${name}.yaml`, import.meta.url), 'utf8');
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
  });

  it.each([
    'gates: [mos.p5 >= 3.6, { expr: one_way == 0, severity: warn }]',
    'load: { calls: "${env:N}", stages: [{ rate: 5/s, ramp: 1s }, { rate: 5/s }] }',
    'call: { expect: 486, hold: 1.5m }',
    'call: { expect: 200 }',
    'call: { hold: 10 }',
    'codec: PCMA',
    'codec: [G722, PCMU]',
    'codec: []',
    'codec: [G722, G722]',
    'codec: G 729', // which names are known, only the document as a whole can say
    'load: { stages: [{ rate: 5/s, ramp: 1s, hold: 1s }] }',
    'load: { stages: [{ rate: 20 per s, hold: 1s }] }',
    'gates: [{ exp: x }]',
    'endpoints: [{ name: a, target: loopback }]',
    'unknown: 1',
    'seed: 1.5',
    'loopback: { impair: "loss=2%,jitter=20ms" }',
    'loopback: { impair: "loss 2%" }',
    'loopback: { impare: "loss=2%" }',
    'media: "yes"',
  ])('and the loader agree on %s', (line) => {
    const text = `${HEAD}${line}\n`;
    expect(validate(parse(text))).toBe(linesOf(text, { N: '5' }).length === 0);
  });
});

describe('silenceSuppression', () => {
  it('is off unless asked for, and is written back where it is on', () => {
    expect(good(HEAD).silenceSuppression).toBe(false);
    expect(scenarioDocument(good(HEAD))).not.toHaveProperty('silenceSuppression');
    const scenario = good(`${HEAD}silenceSuppression: true\n`);
    expect(scenario.silenceSuppression).toBe(true);
    expect(scenarioDocument(scenario)['silenceSuppression']).toBe(true);
    expect(scenarioWarnings(good(`${HEAD}silenceSuppression: true\ncodec: OPUS\n`))).toEqual([
      'silenceSuppression: not used, since the pauses of OPUS are not known',
    ]);
    expect(scenarioWarnings(good(`${HEAD}silenceSuppression: true\ncodec: G722\n`))).toEqual([]);
    expect(scenarioWarnings(good(`${HEAD}silenceSuppression: true\nmedia: false\n`))).toContain(
      'silenceSuppression: not used, since media is off',
    );
  });
});
