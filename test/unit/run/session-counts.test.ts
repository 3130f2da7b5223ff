/** RFC 6076 §4.6–4.9 and ITU-T E.411, E.425 on calls whose ends are known. */
import { describe, expect, it } from 'vitest';
import { GroupBook } from '../../../src/run/group-book.js';
import { SESSION_RATIOS } from '../../../src/run/session-counts.js';
import { cutRecord, droppedRecord, failedRecord, notStartedRecord, recordOf } from './batches.js';

type Records = readonly Parameters<GroupBook['addCall']>[0][];

function sessionsOf(records: Records): GroupBook['sessions'] {
  const book = new GroupBook();
  for (const record of records) book.addCall(record, true);
  return book.sessions;
}

const times = (count: number, record: Records[number]): Records => Array.from({ length: count }, () => record);
const refused = (count: number, sipStatus: number): Records => times(count, failedRecord({ sipStatus, cause: 'x' }));

describe('the ratios of sessions', () => {
  // 100 INVITEs, by hand: 97 were not redirected, 87 of them answered or refused by the far side, 4 + 3 + 1 ineffective.
  const mixed = [
    ...times(80, recordOf()),
    ...refused(5, 486),
    ...refused(2, 480),
    ...refused(3, 302),
    ...refused(4, 503),
    ...refused(3, 500),
    ...refused(2, 404),
    ...refused(1, 408),
  ];

  it('of a hundred INVITEs with every kind of end', () => {
    const sessions = sessionsOf(mixed);
    expect(sessions.ratio('ser')).toEqual({ value: 80 / 97, samples: 97 });
    expect(sessions.ratio('seer')).toEqual({ value: 87 / 97, samples: 97 });
    expect(sessions.ratio('isa')).toEqual({ value: 0.08, samples: 100 });
    expect(sessions.ratio('scr')).toEqual({ value: 0.8, samples: 100 });
    expect(sessions.ratio('asr')).toEqual({ value: 0.8, samples: 100 });
    expect(sessions.ratio('ner')).toEqual({ value: 0.87, samples: 100 });
  });

  it('no response is ineffective; ringing without answer is the network’s success and no ineffective attempt', () => {
    const sessions = sessionsOf([
      recordOf(),
      failedRecord({ sipStatus: null, cause: 'timeout' }),
      failedRecord({ sipStatus: null, cause: 'transportError' }),
      failedRecord({ sipStatus: 487, cause: 'noAnswer' }),
      failedRecord({ sipStatus: null, cause: 'noAnswer' }),
    ]);
    expect(sessions.ratio('isa')?.value).toBe(2 / 5);
    expect(sessions.ratio('ner')?.value).toBe(3 / 5);
    expect(sessions.ratio('asr')?.value).toBe(1 / 5);
  });

  it('a call that the far side hangs up by BYE is complete, one whose BYE nobody answers is not', () => {
    const sessions = sessionsOf([
      recordOf(),
      droppedRecord({ phase: 'established', cause: 'remoteBye' }),
      droppedRecord({ phase: 'teardown', cause: 'byeTimeout' }),
    ]);
    expect(sessions.ratio('scr')?.value).toBe(2 / 3);
    expect(sessions.ratio('ser')?.value).toBe(1);
  });

  it('calls that we cut or never started are no attempts, and without attempts nothing is known', () => {
    const sessions = sessionsOf([cutRecord('before'), cutRecord('after'), notStartedRecord()]);
    for (const name of SESSION_RATIOS) expect(sessions.ratio(name)).toBeNull();
  });

  it('only redirected: SER and SEER are unknown, the others are zero', () => {
    const sessions = sessionsOf(refused(3, 301));
    expect([sessions.ratio('ser'), sessions.ratio('seer')]).toEqual([null, null]);
    expect(sessions.ratio('asr')).toEqual({ value: 0, samples: 3 });
  });

  it('groups add up', () => {
    const all = sessionsOf(mixed.slice(0, 50));
    all.addAll(sessionsOf(mixed.slice(50)));
    const whole = sessionsOf(mixed);
    for (const name of SESSION_RATIOS) expect(all.ratio(name)).toEqual(whole.ratio(name));
  });
});

it('a session lasts from its 2xx to the BYE', () => {
  const book = new GroupBook();
  book.addCall(recordOf({ establishedMs: 1000, endedMs: 31_020, disconnectDelayMs: 20 }), true);
  book.addCall(droppedRecord({ establishedMs: 1000, endedMs: 6000 }), true);
  book.addCall(cutRecord('after', { establishedMs: 1000, endedMs: 90_000 }), true);
  expect([book.sessionDurationMs.count, book.sessionDurationMs.min, book.sessionDurationMs.max]).toEqual([
    2, 5000, 30_000,
  ]);
});
