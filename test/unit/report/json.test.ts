import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parseResult, serializeResult } from '../../../src/report/json.js';
import { resultJsonSchema } from '../../../src/report/result-json-schema.js';
import { FIXTURES, typicalPass } from './result-fixture.js';

describe('result.json', () => {
  test.each(Object.entries(FIXTURES))('%s survives text and back', (_name, fixture) => {
    const result = fixture();
    expect(parseResult(serializeResult(result))).toEqual(result);
  });

  test('the bytes do not depend on the order of the keys', () => {
    const result = typicalPass();
    const turned = Object.fromEntries(Object.entries(result).toReversed());
    expect(serializeResult(parseResult(JSON.stringify(turned)))).toBe(serializeResult(result));
    expect(serializeResult(result)).toMatch(/^\{\n {2}"schemaVersion": "1\.0",\n {2}"tool": \{\n[^]*\n\}\n$/);
  });

  test('of an older program is read: what it did not know yet is null', () => {
    const { quality, generator, method, ...rest } = typicalPass();
    const { floor: _, ...oldGenerator } = generator;
    const { scoreWindowSeconds, jitterBufferMs, model, codecs } = method;
    const seconds = rest.seconds.map(({ sent: _sent, received, ...second }) => {
      const { mosLqWb: _wb, rttMs: _rtt, ...old } = received ?? { mosLqWb: null, rttMs: null };
      return { ...second, received: received === null ? null : old };
    });
    const old = {
      ...rest,
      seconds,
      quality: { received: quality.received },
      generator: oldGenerator,
      method: {
        scoreWindowSeconds,
        jitterBufferMs,
        model,
        codecs: codecs.map(({ scale: _scale, provisional: _provisional, ...codec }) => codec),
      },
    };
    const read = parseResult(JSON.stringify(old));
    expect(read.quality).toEqual({ received: quality.received, sent: null, farEndXr: null, findings: [] });
    expect(read.seconds[5]).toMatchObject({ sent: null, received: { mosLqWb: null, rttMs: null } });
    expect(read.method).toMatchObject({ echo: null, codecs: [{ scale: 'narrowband', provisional: false }] });
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(resultJsonSchema());
    validate(old);
    expect(validate.errors).toBeNull();
  });

  test('what is wrong is named with its place, what was expected and what was found', () => {
    const calls = { ...typicalPass().calls, failed: 'three' };
    expect(() => parseResult(JSON.stringify({ ...typicalPass(), calls }))).toThrow(
      /result\.json\.calls\.failed: .*expected number.*found "three"/,
    );
    expect(() => parseResult(JSON.stringify({ ...typicalPass(), schemaVersion: '2.0' }))).toThrow(
      /expected "1\.0", found "2\.0"/,
    );
    expect(() => parseResult('{"a":')).toThrow(/expected JSON, found/);
    expect(() => parseResult('null')).toThrow(/expected object.*found null/);
    expect(() => serializeResult({ ...typicalPass(), durationMs: Number.NaN })).toThrow(/durationMs.*found NaN/);
  });
});

describe('the JSON Schema', () => {
  test('is draft-07 with a name, and accepts what the program writes', () => {
    const schema = resultJsonSchema();
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'urn:callgauge:result:1.0',
      title: 'Callgauge result 1.0',
    });
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    for (const fixture of Object.values(FIXTURES)) {
      validate(JSON.parse(serializeResult(fixture())));
      expect(validate.errors).toBeNull();
    }
    expect(validate({ ...typicalPass(), seed: 'seven' })).toBe(false);
  });
});
