import { describe, expect, it } from 'vitest';
import { flowOf, type FlowArguments } from '../../../src/cli/answer-flow.js';

const PLAIN: FlowArguments = {
  redirect: undefined,
  earlyMedia: false,
  reliableProvisional: 'asked',
  steps: undefined,
  sessionTimer: undefined,
};

function read(given: Partial<FlowArguments>) {
  const problems: string[] = [];
  const flow = flowOf({ ...PLAIN, ...given }, (where, message) => {
    problems.push(`${where}: ${message}`);
    return null;
  });
  return { flow, problems };
}

describe('flags of the answerer', () => {
  it('say nothing by default', () => {
    expect(read({})).toEqual({
      flow: {
        refusalHeaders: [],
        earlyMedia: false,
        reliable: 'asked',
        steps: [],
        sessionTimer: null,
        listensForTones: false,
      },
      problems: [],
    });
  });

  it('are read', () => {
    const { flow, problems } = read({
      redirect: 'sip:other@192.0.2.1',
      steps: 'wait=2s, hold=1.5s,resume,reinvite=PCMA,reinvite,update,bye',
      sessionTimer: '30m,uas',
    });
    expect(problems).toEqual([]);
    expect(flow).toMatchObject({
      refusalHeaders: [['Contact', '<sip:other@192.0.2.1>']],
      steps: [
        { kind: 'wait', ms: 2000 },
        { kind: 'hold', ms: 1500 },
        { kind: 'resume' },
        { kind: 'reinvite', codec: 'PCMA' },
        { kind: 'reinvite', codec: null },
        { kind: 'update', codec: null },
        { kind: 'bye' },
      ],
      sessionTimer: { expiresS: 1800, refresher: 'uas', minSeS: null },
    });
    expect(read({ sessionTimer: '90s' }).flow.sessionTimer).toEqual({ expiresS: 90, refresher: null, minSeS: null });
  });

  it('press keys and expect some', () => {
    const { flow, problems } = read({ steps: 'dtmf=1a#,dtmf=5/inband,dtmf=*/info-plain,expect-dtmf=45' });
    expect(problems).toEqual([]);
    const timing = { toneMs: 100, gapMs: 80 };
    expect(flow).toMatchObject({
      listensForTones: true,
      steps: [
        { kind: 'dtmf', digits: '1A#', method: 'rfc4733', ...timing },
        { kind: 'dtmf', digits: '5', method: 'inband', ...timing },
        { kind: 'dtmf', digits: '*', method: 'info-plain', ...timing },
        { kind: 'expectDtmf', digits: '45', ms: 5000 },
      ],
    });
  });

  it.each<[Partial<FlowArguments>, RegExp]>([
    [{ steps: 'dtmf' }, /^--steps: expected steps like/],
    [{ steps: 'dtmf=1x' }, /^--steps/],
    [{ steps: 'dtmf=1/smoke' }, /^--steps/],
    [{ steps: 'dtmf=1/info/info' }, /^--steps/],
    [{ steps: 'expect-dtmf=1/info' }, /^--steps/],
    [{ redirect: 'loopback' }, /^--redirect: expected a SIP URI/],
    [{ redirect: 'sip:112@192.0.2.1' }, /^--redirect: expected a URI that is no emergency number/],
    [{ redirect: 'sip:a@b>\r\nX: y' }, /^--redirect: expected/],
    [{ steps: 'wait' }, /^--steps: expected steps like/],
    [{ steps: 'reinvite=OPUS' }, /^--steps/],
    [{ steps: 'resume=1s' }, /^--steps/],
    [{ steps: '' }, /^--steps/],
    [{ steps: Array.from({ length: 101 }, () => 'resume').join(',') }, /^--steps/],
    [{ sessionTimer: '10s' }, /^--session-timer: expected a session interval/],
    [{ sessionTimer: '90s,me' }, /^--session-timer/],
    [{ sessionTimer: '90s,uac,uac' }, /^--session-timer/],
  ])('that are wrong are said: %j', (given, problem) => {
    const { problems } = read(given);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});
