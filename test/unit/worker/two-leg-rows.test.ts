/** What the called leg of a call between our users receives is the sent direction of the call. */
import { describe, expect, it } from 'vitest';
import { BASIS, DIRECTION, LEG, ROW } from '../../../src/worker/messages.js';
import { Rows } from '../../../src/worker/rows.js';
import { closeTwoLegSecond } from '../../../src/worker/two-leg-rows.js';
import { tableOf } from './engine-pair.js';

/** A leg that writes what a media leg writes: the received direction, and behind it the sent one where it is known. */
function legOf(options: { readonly received: boolean; readonly sent: boolean; readonly isOver: boolean }) {
  const write = (rows: Rows, directionColumn: number, callColumn: number): void => {
    for (const direction of [DIRECTION.received, DIRECTION.sent]) {
      if (direction === DIRECTION.received ? options.received : options.sent) {
        const { table, offset } = rows.next();
        table[offset + directionColumn] = direction;
        table[offset + callColumn] = 7;
      }
    }
  };
  return {
    closeSecond: (_: number, rows: Rows, totals: Rows): boolean => {
      write(rows, ROW.direction, ROW.call);
      if (options.isOver) write(totals, LEG.direction, LEG.call);
      return options.isOver;
    },
  };
}

function close(side: 'caller' | 'callee', options: Parameters<typeof legOf>[0]) {
  const tables = { rows: new Rows(ROW.columns), totals: new Rows(LEG.columns) };
  // Another leg was before.
  tables.rows.next().table[ROW.direction] = DIRECTION.sent;
  tables.totals.next().table[LEG.direction] = DIRECTION.sent;
  const isOver = closeTwoLegSecond(legOf(options), side, 3, tables);
  const rows = tableOf(tables.rows.take(), ROW).slice(1);
  const totals = tableOf(tables.totals.take(), LEG).slice(1);
  return {
    isOver,
    rows: rows.map(({ direction, call }) => [direction, call]),
    totals: totals.map(({ direction, basis }) => [direction, basis === BASIS.answerer]),
  };
}

describe('rows of a call with two legs of ours', () => {
  const { received, sent } = DIRECTION;
  it('the called leg: what it received is the sent direction, and RTCP tells nothing more', () => {
    expect(close('callee', { received: true, sent: true, isOver: true })).toEqual({
      isOver: true,
      rows: [[sent, 7]],
      totals: [[sent, true]],
    });
    expect(close('callee', { received: true, sent: false, isOver: false })).toEqual({
      isOver: false,
      rows: [[sent, 7]],
      totals: [],
    });
  });

  it('the calling leg: its seconds without what RTCP tells, its totals with it', () => {
    expect(close('caller', { received: true, sent: true, isOver: true })).toEqual({
      isOver: true,
      rows: [[received, 7]],
      totals: [
        [received, false],
        [sent, false],
      ],
    });
  });

  it('a leg that was never connected has none, and the rows before stay', () => {
    for (const side of ['caller', 'callee'] as const) {
      expect(close(side, { received: false, sent: false, isOver: true })).toEqual({
        isOver: true,
        rows: [],
        totals: [],
      });
    }
  });
});
