import { describe, expect, it } from 'vitest';
import { renderSection } from '../../../src/report/html/section.js';
import { worstCallsSection } from '../../../src/report/html/worst-calls-section.js';
import type { Result } from '../../../src/run/result.js';
import type { WorstCall } from '../../../src/run/result-evidence.js';
import { bothDirections, HOSTILE, typicalPass } from './result-fixture.js';
import { failures, hostileLadder, message, point, worstCall } from './worst-call-fixture.js';

type Strip = NonNullable<NonNullable<WorstCall['seconds']>['received']>;

function sectionOf(worstCalls: readonly WorstCall[], changes: Partial<Result> = {}): string {
  const result = { ...typicalPass(), evidence: null, worstCalls: [...worstCalls], ...changes };
  return renderSection(worstCallsSection(result)).toString();
}
const textOf = (markup: string): string => markup.replaceAll(/<[^>]+>/g, '').replaceAll(/\s+/g, ' ');
const stripOf = (points: Strip['points'], spoiled: Partial<Strip> = {}): Strip => ({
  binSeconds: 1,
  points,
  spoiled: [],
  spoiledScores: [],
  ...spoiled,
});
const cardOf = (section: string, call = 12): string =>
  new RegExp(`<article id="call-${call}"[^]*?</article>`).exec(section)?.[0].replaceAll(/\s*\n\s*/g, '') ?? '';

describe('a worst call', () => {
  const card = cardOf(sectionOf([worstCall()]));

  it('is the target of its link, and links to its file', () => {
    expect(sectionOf([worstCall()])).toContain('<a href="#call-12">#12</a>');
    expect(card).toContain('<a href="evidence/call-12.txt">evidence/call-12.txt</a>');
    expect(textOf(card)).toContain('Call #12: completed, MOS-LQ 3.86');
  });

  it('shows which term cost the points, by letter and in words', () => {
    expect(textOf(card)).toContain(
      'Received: R 76.0 of 93.2, MOS-LQ 3.86; with the delay R 67.1, MOS-CQ 3.46; lost packets −15.8, delay −8.9, loss in bursts −1.4',
    );
    // 480 wide: R 67.0794 of 93.2062 is 345, the delay 46, bursts 7, lost packets 81.
    const bar = /<svg[^>]*aria-hidden="true">(.*?)<\/svg>/.exec(card)?.[1] ?? '';
    expect([...bar.matchAll(/h(\d+)/g)].map(([, width]) => Number(width))).toEqual([345, 45, 6, 80]);
    expect([...bar.matchAll(/>([A-Z])<\/text>/g)].map(([, letter]) => letter)).toEqual(['D', 'L']);
  });

  it('draws its seconds: poor ones underlined, loss downward, and says the same in words', () => {
    // Two columns of 210. MOS 4.41 is 25 of 26 high, drawn as 26 (12.5 steps of 2), MOS 2.1 is 8; 29 % of bad packets fill the lane.
    expect(card).toContain('<path class="bar" fill="#3d85c6" d="M56 26v-26h210v18h210v8z" />');
    expect(card).toContain('<path class="alarm" stroke="#d9534f" stroke-width="4" d="M266 24h210" />');
    expect(card).toContain('<path class="bad" d="M266 27v12h210v-12z" />');
    expect(card).toContain('<title>MOS and loss of received audio, 0:04 to 0:06</title>');
    expect(textOf(card)).toContain('Received: 0:05–0:06 MOS down to 2.10, loss up to 25 %, late up to 4 %.');
  });

  it('has its ladder folded, with what explains it, and works without a script', () => {
    const busy = message(3, 'in', 'SIP/2.0 486 Busy Here', '');
    const ladder = {
      messages: [
        message(0, 'out', 'INVITE sip:bob@h SIP/2.0', 'v=0\r\n'),
        { ...busy, text: `${busy.firstLine}\r\nReason: Q.850;cause=17\r\n\r\n` },
      ],
      omitted: 0,
      omittedAfter: 0,
    };
    expect(cardOf(sectionOf([worstCall({ ladder })]))).toContain(
      '<details><summary>SIP ladder, 2 messages</summary><pre>      0.0 ──► INVITE sip:bob@h (SDP)',
    );
    expect(sectionOf([worstCall({ ladder })])).toContain(
      '\n      3.0 ◄── 486 Busy Here   [Reason: Q.850;cause=17]</pre>',
    );
  });

  it('has the ladder of the called user below it', () => {
    const calledLadder = {
      messages: [message(0, 'in', 'INVITE sip:1002@h SIP/2.0', '')],
      omitted: 0,
      omittedAfter: 0,
    };
    const section = sectionOf([worstCall({ calledLadder })]);
    expect(section).toMatch(
      /<summary>SIP ladder, [^]*<summary>SIP ladder of the called user, 1 message<\/summary>\s*<pre> +0\.0 ◄── INVITE sip:1002@h/,
    );
  });

  it('shows of a long ladder its ends, and where messages are missing', () => {
    const messages = Array.from({ length: 40 }, (_, index) =>
      message(index, 'out', `OPTIONS sip:${index} SIP/2.0`, ''),
    );
    const section = sectionOf([worstCall({ ladder: { messages, omitted: 7, omittedAfter: 24 } })]);
    const shown = [...section.matchAll(/OPTIONS sip:(\d+)/g)].map(([, index]) => Number(index));
    expect(shown).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 35, 36, 37, 38, 39]);
    expect(section).toContain('⋮ 27 more in the file');
    expect(section).toContain('SIP ladder, 47 messages');
  });

  it('without seconds, points or ladder says so and draws nothing', () => {
    const bare = cardOf(
      sectionOf([worstCall({ seconds: null, breakdown: null, ladder: null, mosLq: null, outcome: 'failed: timeout' })]),
    );
    expect(bare).not.toContain('<svg');
    expect(textOf(bare)).toBe(
      'Call #12: failed: timeout (no response came within the time that SIP allows) evidence/call-12.txt evidence/call-12.pcapng evidence/call-12.wavSIP ladder: no messages of this call were kept.',
    );
  });

  it('of an older result is its row alone', () => {
    const old = sectionOf([worstCall({ seconds: null, breakdown: null, ladder: null, evidence: null })]);
    expect(old).not.toContain('<article');
    expect(old).not.toContain('href="#call-12"');
  });
});

describe('strips', () => {
  it('of reports reach back to the report before, and leave out what nobody knows', () => {
    const points = [point(0, { mosLq: 4.41 }), point(5, { mosLq: 4.41 }), point(30, { mosLq: 4.41 })];
    const strip = stripOf(points);
    const card = cardOf(sectionOf([worstCall({ seconds: { received: strip, sent: strip } })]));
    const paths = [...card.matchAll(/class="bar" fill="#3d85c6" d="(M56[^"]*)"/g)].map(([, path]) => path);
    // 31 columns of 13.
    expect(paths).toEqual([
      'M56 26v-26h13v26zM121 26v-26h13v26zM446 26v-26h13v26z',
      'M56 70v-26h78v26zM446 70v-26h13v26z',
    ]);
  });

  it('of long calls have no more than 40 columns, each with the worst that it holds', () => {
    const points = Array.from({ length: 120 }, (_, index) =>
      point(index, { mosLq: index === 61 ? 1 : 4.41, lossRatio: index === 119 ? 0.01 : 0 }),
    );
    const card = cardOf(sectionOf([worstCall({ seconds: { received: stripOf(points), sent: null } })]));
    // 40 columns of 10; second 61 is in column 20, second 119 in the last. A hundredth still shows.
    expect(card).toContain('d="M56 26v-26h200v25h10v-25h190v26z"');
    expect(card).toContain('d="M256 24h10"');
    expect(card).toContain('<path class="bad" d="M446 27v3h10v-3z" />');
  });
});

describe('seconds that this host spoiled', () => {
  // Three columns of 140: the first is in no figure, the second has no score, the third is good.
  const points = [point(4, {}), point(5, { lossRatio: 0 }), point(6, { mosLq: 4.41, lossRatio: 0 })];
  const strip = stripOf(points, { spoiled: [4], spoiledScores: [5] });
  const section = sectionOf([worstCall({ seconds: { received: strip, sent: null } })]);

  it('are hatched, which needs no colour: over score and loss, or over the score alone', () => {
    const path = /<path stroke="currentColor" stroke-opacity="\.75" d="([^"]*)" \/>/.exec(cardOf(section))?.[1] ?? '';
    // 28 strokes in 140, from the bottom of the lane of losses (26 + 12) over 38, then from that of the scores over 26.
    expect(path).toBe(`M56 38${'l4-38m1 38'.repeat(28)}M196 26${'l4-26m1 26'.repeat(28)}`);
  });

  it('are named in words and in the legend, and only where there are any', () => {
    expect(textOf(cardOf(section))).toContain(
      'Received: no bad stretch; 0:04 left out, as this host dropped packets; 0:05 without a score, as this host had just dropped packets.',
    );
    expect(textOf(section)).toContain('marks seconds that are left out, or have no score');
    const clean = sectionOf([worstCall({ seconds: { received: stripOf(points), sent: null } })]);
    expect(clean).not.toMatch(/this host|stroke-opacity/);
  });
});

describe('failed calls', () => {
  it('are listed by cause, with the ladder of one, and how many have a file', () => {
    const section = sectionOf([], {
      evidence: failures(worstCall({ call: 3, detail: 'Busy Here', evidence: 'evidence/call-3.txt' })),
    });
    const text = textOf(section);
    expect(text).toContain(
      '486 busy (the called user is busy) × 30, setup: first call #3. Busy Here. evidence/call-3.txt',
    );
    expect(text).toContain('timeout (no response came within the time that SIP allows) × 2, setup');
    expect(text).toContain('1 calls have a file in evidence/; 10 failed calls have none, their number is bounded.');
    expect(section).toContain('<div id="call-3" class="call">');
    expect(section).toContain('INVITE sip:bob@192.0.2.9 (SDP)');
  });

  it('of which one is among the worst refer to it, so that no id and no ladder is there twice', () => {
    const section = sectionOf([worstCall()], { evidence: failures(worstCall()) });
    expect(section.match(/id="call-12"/g)).toHaveLength(1);
    expect(section.match(/<details>/g)).toHaveLength(1);
    expect(textOf(section)).toContain('486 busy (the called user is busy) × 30, setup: see call #12');
  });
});

const sampled = (call: number, changes = {}) => ({
  call,
  path: `evidence/call-${call}.pcapng`,
  audio: null,
  why: 'sample' as const,
  packets: 400,
  isWhole: true,
  ...changes,
});

describe('captured packets', () => {
  it('of a sample are linked, those of failed calls with their call alone, and foreign paths never', () => {
    const captures = [
      sampled(0, { audio: 'evidence/call-0.wav', isWhole: false }),
      sampled(3, { why: 'failed' }),
      sampled(5, { path: 'javascript:alert(1)' }),
      ...Array.from({ length: 10 }, (_, index) => sampled(20 + index)),
    ];
    const section = sectionOf([], { evidence: { ...failures(worstCall()), failures: [], captures } });
    expect(textOf(section)).toContain('call #0: evidence/call-0.pcapng evidence/call-0.wav up to the bound of a file');
    expect(section).toContain('<a href="evidence/call-20.pcapng">');
    expect(section).not.toContain('call-3.pcapng');
    expect(section).not.toContain('javascript');
    expect(textOf(section)).toContain('2 more');
  });
});

describe('hostile text', () => {
  it('is shown and never obeyed, in ladder, outcome, detail and path', () => {
    const call = worstCall({
      outcome: HOSTILE,
      detail: HOSTILE,
      evidence: 'javascript:alert(1)',
      ladder: hostileLadder(HOSTILE),
    });
    const section = sectionOf([call], { evidence: failures(worstCall({ ...call, call: 4 })) });
    expect(section).not.toMatch(/<script|javascript:/);
    expect(section.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const ladder = /<pre>([^]*?)<\/pre>/.exec(section)?.[1] ?? '';
    expect(ladder.split('\n')).toHaveLength(2); // the message, and the note of the one that is missing
  });
});

it('stays small: under 35 KB with ten bad calls of a minute in both directions', () => {
  const { worstCalls } = bothDirections();
  const ten = [...worstCalls, ...worstCalls.slice(0, 2)];
  expect(ten).toHaveLength(10);
  const size = sectionOf(ten).length;
  process.stdout.write(`worst calls: ${size} characters\n`);
  expect(size).toBeLessThan(35 * 1024);
});
