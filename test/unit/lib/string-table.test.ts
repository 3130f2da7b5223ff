/** A table of strings against a Map, for any course of changes. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { StringTable } from '../../../src/lib/string-table.js';

const numbers = (values: Iterable<{ n: number }>): number[] => [...values].map(({ n }) => n).toSorted((a, b) => a - b);

it('holds what a Map holds, whatever is set and deleted', () => {
  const key = fc.string({ maxLength: 2 });
  const change = fc.record({ key, action: fc.constantFrom('set', 'set', 'delete') });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
      const [table, map] = [new StringTable<{ n: number }>(), new Map<string, { n: number }>()];
      changes.forEach(({ key: name, action }, n) => {
        if (action === 'set') {
          table.set(name, { n });
          map.set(name, { n });
        }
        const wasThere = action === 'delete' && map.delete(name);
        expect(action === 'delete' && table.delete(name)).toBe(wasThere);
        expect(table.get(name)).toEqual(map.get(name));
        expect(table.has(name)).toBe(map.has(name));
      });
      expect(table.size).toBe(map.size);
      expect(numbers(table.values())).toEqual(numbers(map.values()));
      for (const [name, value] of map) expect(table.get(name)).toEqual(value);
    }),
  );
});

it('finds every one of thousands, also after half of them went, and nothing once it is cleared', () => {
  const table = new StringTable<{ n: number }>();
  for (let n = 0; n < 10_000; n++) table.set(`z9hG4bKrun-0-${n.toString(36)}`, { n });
  for (let n = 0; n < 10_000; n += 2) expect(table.delete(`z9hG4bKrun-0-${n.toString(36)}`)).toBe(true);
  for (let n = 0; n < 10_000; n++)
    expect(table.get(`z9hG4bKrun-0-${n.toString(36)}`)).toEqual(n % 2 === 0 ? undefined : { n });
  expect(table.size).toBe(5000);
  table.clear();
  expect([table.size, table.values(), table.get('z9hG4bKrun-0-1')]).toEqual([0, [], undefined]);
});

it('changes while it is walked', () => {
  const table = new StringTable<{ name: string }>();
  for (const name of ['a', 'b', 'c']) table.set(name, { name });
  for (const { name } of table.values()) table.delete(name);
  expect(table.size).toBe(0);
});
