import { describe, expect, it } from 'vitest';
import { Rows } from '../../../src/worker/rows.js';

function add(rows: Rows, ...values: number[]): void {
  const { table, offset } = rows.next();
  table.set(values, offset);
}

describe('Rows', () => {
  it('keeps all rows while it grows, and hands over exactly those', () => {
    const rows = new Rows(3, 2);
    for (let i = 0; i < 1000; i++) add(rows, i, i + 0.5, Number.NaN);
    const table = rows.take();
    expect(table).toHaveLength(3000);
    expect([...table].every((value, k) => Object.is(value, [k / 3, (k - 1) / 3 + 0.5, Number.NaN][k % 3]))).toBe(true);
  });

  it('starts anew, without a trace of what was there', () => {
    const rows = new Rows(2, 1);
    expect(rows.take()).toHaveLength(0);
    add(rows, 1, 2);
    add(rows, 3, 4);
    const first = rows.take();
    rows.next();
    const second = rows.take();
    expect([...first]).toEqual([1, 2, 3, 4]);
    expect([...second]).toEqual([0, 0]);
  });

  it('gives a copy of a row that is still here, which stays what it was', () => {
    const rows = new Rows(2, 1);
    add(rows, 1, 2);
    add(rows, 3, 4);
    const copy = rows.copyOf(1)!;
    expect([rows.count, [...copy], rows.copyOf(2)]).toEqual([2, [3, 4], null]);
    structuredClone(0, { transfer: [rows.take().buffer] });
    expect([rows.count, [...copy], rows.copyOf(0)]).toEqual([0, [3, 4], null]);
  });

  it('what is taken may be transferred: the next rows do not lie in it', () => {
    const rows = new Rows(1, 1);
    add(rows, 7);
    structuredClone(0, { transfer: [rows.take().buffer] });
    add(rows, 8);
    expect([...rows.take()]).toEqual([8]);
  });
});
