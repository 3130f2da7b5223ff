import { describe, expect, it } from 'vitest';
import { LegJoin } from '../../../src/run/leg-join.js';
import { BASIS, LEG } from '../../../src/worker/messages.js';
import { failedRecord, legsOf, recordOf, sentLegsOf } from './batches.js';

const withMedia = (call: number) => recordOf({ call, hasMedia: true });

/** What was told: [call, R of the received leg, basis of the sent one], and [call, basis] of each sent leg. */
function listen(join: LegJoin) {
  const joined: [number, number | null, number | null][] = [];
  const sent: [number, number][] = [];
  join.onJoined = ({ call }, legs) =>
    void joined.push([call, legs.received?.[LEG.rFactor] ?? null, legs.sent?.[LEG.basis] ?? null]);
  join.onSent = (leg) => void sent.push([leg[LEG.call]!, leg[LEG.basis]!]);
  return { joined, sent };
}

describe('a call and its legs', () => {
  it('join in either order, once, and the leg is a copy of its own', () => {
    const join = new LegJoin();
    const { joined } = listen(join);
    const table = legsOf({ call: 1, rFactor: 50 }, { call: 2, rFactor: 60 });
    join.addCall(withMedia(1));
    join.addReceived(table, 0);
    join.addReceived(table, LEG.columns);
    join.addCall(withMedia(2));
    table.fill(0);
    join.advance(4);
    expect(joined).toEqual([]);
    join.advance(5);
    expect(joined).toEqual([
      [1, 50, null],
      [2, 60, null],
    ]);
    join.flush();
    expect(joined).toHaveLength(2);
  });

  it('a call without media waits for nothing; one whose leg never comes is told of at the end, once', () => {
    const join = new LegJoin();
    const { joined } = listen(join);
    join.addCall(failedRecord({ call: 1 }));
    join.addCall(withMedia(2));
    join.advance(99);
    expect(joined).toEqual([[1, null, null]]);
    join.flush();
    join.flush();
    expect(joined).toEqual([
      [1, null, null],
      [2, null, null],
    ]);
  });

  it('that was told of without its sent direction is told of that alone when it comes late, once, and waits for nothing', () => {
    const join = new LegJoin();
    const { joined, sent } = listen(join);
    join.addCall(withMedia(1));
    join.addReceived(legsOf({ call: 1 }), 0);
    join.advance(99);
    const late = sentLegsOf({ call: 1, basis: BASIS.answerer });
    join.addSent(late, 0);
    join.addSent(late, 0);
    join.flush();
    expect(sent).toEqual([[1, BASIS.answerer]]);
    expect(joined).toHaveLength(1);
  });

  it('no call is lost when more wait than may', () => {
    const join = new LegJoin();
    let count = 0;
    join.onJoined = () => void count++;
    for (let call = 0; call < 100_010; call++) {
      join.addCall(withMedia(call));
    }
    expect(count).toBe(10);
    join.flush();
    expect(count).toBe(100_010);
  });
});

describe('what the far end received of a leg', () => {
  const steps = {
    call: (join: LegJoin) => join.addCall(withMedia(7)),
    received: (join: LegJoin) => join.addReceived(legsOf({ call: 7, rFactor: 70 }), 0),
    rtcp: (join: LegJoin) => join.addSent(sentLegsOf({ call: 7, basis: BASIS.rtcp }), 0),
    answerer: (join: LegJoin) => join.addSent(sentLegsOf({ call: 7, basis: BASIS.answerer }), 0),
  };
  const { call, received, rtcp, answerer } = steps;

  it.each([
    ['call, received, rtcp, answerer', [call, received, rtcp, answerer]],
    ['answerer, rtcp, received, call', [answerer, rtcp, received, call]],
    ['received, answerer, call, rtcp', [received, answerer, call, rtcp]],
  ])('is told of once, by our own answerer where there are both: %s', (_, order) => {
    const join = new LegJoin();
    const { joined, sent } = listen(join);
    order.forEach((step) => step(join));
    join.advance(0);
    expect(joined).toEqual([[7, 70, BASIS.answerer]]);
    join.flush();
    expect(sent).toEqual([[7, BASIS.answerer]]);
  });

  it('by RTCP is held back for a better source, and what comes after that is not counted again', () => {
    const join = new LegJoin();
    const { joined, sent } = listen(join);
    join.advance(10);
    [call, received, rtcp].forEach((step) => step(join));
    join.advance(14);
    expect(joined).toEqual([]);
    join.advance(15);
    expect(joined).toEqual([[7, 70, BASIS.rtcp]]);
    answerer(join);
    join.flush();
    expect(sent).toEqual([[7, BASIS.rtcp]]);
    expect(joined).toHaveLength(1);
  });

  it('counts though its call never reported', () => {
    const join = new LegJoin();
    const { joined, sent } = listen(join);
    rtcp(join);
    join.flush();
    expect([joined, sent]).toEqual([[], [[7, BASIS.rtcp]]]);
  });
});
