/**
 * The rows of a leg whose call has two legs of ours. What the called leg receives is what the far end of the call receives: it
 * becomes the sent direction, second by second and in all. What the RTCP of a PBX between tells of either leg is left out, but
 * for the totals of the caller's, which stand where the second leg never came.
 */
import type { MediaLeg } from './media-leg.js';
import { BASIS, DIRECTION, LEG, ROW, type LegSide } from './messages.js';
import type { Rows } from './rows.js';

/** What a leg writes into. */
export interface LegTables {
  readonly rows: Rows;
  readonly totals: Rows;
}

/** Closes a second of the leg; true when its slot is free from now on. */
export function closeTwoLegSecond(
  leg: Pick<MediaLeg, 'closeSecond'>,
  side: Exclude<LegSide, 'only'>,
  second: number,
  { rows, totals }: LegTables,
): boolean {
  const [rowsBefore, totalsBefore] = [rows.count, totals.count];
  const isOver = leg.closeSecond(second, rows, totals);
  dropSent(rows, rowsBefore, ROW.direction);
  if (side === 'callee') {
    dropSent(totals, totalsBefore, LEG.direction);
    turn(rows, rowsBefore, ROW.direction);
    if (turn(totals, totalsBefore, LEG.direction)) {
      const { table, offset } = totals.at(totalsBefore);
      table[offset + LEG.basis] = BASIS.answerer;
    }
  }
  return isOver;
}

/** The sent direction comes behind the received one, where it is known. */
function dropSent(rows: Rows, from: number, direction: number): void {
  if (rows.count > from) {
    const { table, offset } = rows.at(rows.count - 1);
    if (table[offset + direction] === DIRECTION.sent) {
      rows.dropLast();
    }
  }
}

/** The received direction becomes the sent one; false where there is none. */
function turn(rows: Rows, from: number, direction: number): boolean {
  if (rows.count === from) {
    return false;
  }
  const { table, offset } = rows.at(from);
  table[offset + direction] = DIRECTION.sent;
  return true;
}
