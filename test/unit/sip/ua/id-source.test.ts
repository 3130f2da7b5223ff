import { expect, it } from 'vitest';
import { createIdSource } from '../../../../src/sip/ua/id-source.js';

it('gives a million ids without a double, over workers and kinds', () => {
  const seen = new Set<string>();
  for (const ids of [createIdSource('r', 0), createIdSource('r', 1), createIdSource('r', 10)]) {
    for (let i = 0; i < 112_000; i++) {
      seen.add(ids.branch());
      seen.add(ids.callId());
      seen.add(ids.tag());
    }
  }
  expect(seen.size).toBe(3 * 3 * 112_000);
});

it('marks branches with the magic cookie', () => {
  expect(createIdSource('r', 3).branch()).toBe('z9hG4bKr-3-0');
});
