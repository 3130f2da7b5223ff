/** Each user is in one call at a time, and nobody who is not registered is in any. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserPool } from '../../../src/worker/user-pool.js';

function poolOf(users: number, arePaired = true): UserPool {
  const pool = new UserPool(users, arePaired);
  for (let user = 0; user < users; user++) pool.setBound(user, true);
  return pool;
}

describe('a pool of users', () => {
  it('gives nobody who is not registered', () => {
    const pool = new UserPool(3, true);
    expect([pool.hasRoom, pool.reserve(0)]).toEqual([false, null]);
    pool.setBound(2, true);
    expect(pool.reserve(0)).toBeNull();
    pool.setBound(0, true);
    expect(pool.reserve(0)).toEqual({ caller: 2, callee: 0 });
    expect(pool.hasRoom).toBe(false);
  });

  it('pairs who has been free for longest, and turns caller and callee round', () => {
    const pool = poolOf(4);
    expect([pool.reserve(0), pool.reserve(1), pool.reserve(2)]).toEqual([
      { caller: 0, callee: 1 },
      { caller: 2, callee: 3 },
      null,
    ]);
    pool.release(0);
    expect(pool.reserve(2)).toEqual({ caller: 1, callee: 0 });
  });

  it('knows the call by the user who is called, until both are free again', () => {
    const pool = poolOf(2);
    pool.reserve(7);
    expect([pool.callTo(1), pool.callTo(0), pool.reservationOf(7)]).toEqual([7, null, { caller: 0, callee: 1 }]);
    pool.release(7);
    pool.release(7);
    expect([pool.callTo(1), pool.reservationOf(7), pool.hasRoom]).toEqual([null, null, true]);
  });

  it('takes one user a call where somebody else is called', () => {
    const pool = poolOf(2, false);
    expect([pool.reserve(0), pool.reserve(1), pool.reserve(2)]).toEqual([
      { caller: 0, callee: null },
      { caller: 1, callee: null },
      null,
    ]);
  });

  it('passes over who lost the registration, and takes whoever has it again', () => {
    const pool = poolOf(3);
    pool.setBound(0, false);
    expect(pool.reserve(0)).toEqual({ caller: 1, callee: 2 });
    pool.setBound(0, true);
    pool.setBound(0, false);
    pool.setBound(0, true);
    pool.release(0);
    expect(pool.reserve(1)).toEqual({ caller: 0, callee: 2 });
    pool.setBound(2, false);
    pool.release(1);
    expect(pool.reserve(2)).toEqual({ caller: 1, callee: 0 });
    expect(pool.hasRoom).toBe(false);
  });

  it('whatever happens, nobody is in two calls, and room is where there are users for a call', () => {
    const step = fc.record({ what: fc.integer({ min: 0, max: 3 }), which: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.boolean(), (steps, arePaired) => {
        const pool = new UserPool(5, arePaired);
        const bound = new Set<number>();
        const live = new Map<number, number[]>();
        let call = 0;
        let isRight = true;
        for (const { what, which } of steps) {
          const user = which % 5;
          if (what === 0) pool.setBound(user, which < 5);
          if (what === 0) bound[which < 5 ? 'add' : 'delete'](user);
          if (what === 1) {
            const reservation = pool.reserve(call);
            if (reservation !== null) {
              const users = [reservation.caller, ...(reservation.callee === null ? [] : [reservation.callee])];
              isRight &&= users.every((one) => bound.has(one) && ![...live.values()].flat().includes(one));
              isRight &&= new Set(users).size === (arePaired ? 2 : 1);
              live.set(call++, users);
            }
          }
          const [first] = live.keys();
          if (what >= 2 && first !== undefined) {
            pool.release(first);
            live.delete(first);
          }
          const busy = new Set([...live.values()].flat());
          const free = [...bound].filter((one) => !busy.has(one)).length;
          isRight &&= pool.hasRoom === free >= (arePaired ? 2 : 1);
        }
        expect(isRight).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('serves for thousands of calls', () => {
    const pool = poolOf(4);
    for (let call = 0; call < 5000; call++) {
      expect(pool.reserve(call)).not.toBeNull();
      pool.release(call);
    }
  });
});
