/**
 * `run` and `answer` in two network namespaces, with a link between them that loses, delays, doubles and reorders packets and
 * counts what it did. Only RTP is touched unless a test says otherwise.
 */
import { describe, expect, it } from 'vitest';
import { checkEnd, receivedOf, runCallgauge, startAnswerer, type RunOutcome } from './callgauge.js';
import { lossShown, netlabAvailable, startLink, type Link, type LinkCounts } from './netlab.js';

const PORT = 15_900;
const RTP = '-p 20000-32767';
const CALLS = 4;
const HOLD_SECONDS = 5;
const PACKETS = CALLS * HOLD_SECONDS * 50;
/** So many packets of a call at most come before its leg counts or after it has stopped: 100 ms of them. */
const UNCOUNTED = 5;
/** Packets of each stream that a window of loss takes: its third second. */
const LOST_FROM = 100;
const LOST_TO = 150;

interface Impaired {
  readonly outcome: RunOutcome;
  readonly received: ReturnType<typeof receivedOf>['packets'];
  readonly answerer: Readonly<Record<string, number>>;
  readonly aToB: LinkCounts;
  readonly bToA: LinkCounts;
}

/** The tests are concurrent, but no more runs than this at once: the processes of more would only wait for each other. */
const LANES = 3;
const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
let links = 0;

function run(impairment: string): Promise<Impaired> {
  const number = links++;
  const lane = number % LANES;
  const mine = (lanes[lane] ?? Promise.resolve()).then(() => runLink(`cg${number}`, impairment));
  lanes[lane] = Promise.allSettled([mine]);
  return mine;
}

async function runLink(name: string, impairment: string): Promise<Impaired> {
  const link = await startLink(name, impairment);
  try {
    return await runOver(link);
  } finally {
    await link.down();
  }
}

/** Calls in which each side sends speech of its own, so that loss in one direction leaves the other alone. */
async function runOver(link: Link): Promise<Impaired> {
  const answerer = await startAnswerer(PORT, ['--mode', 'play'], link.b);
  try {
    const target = ['--target', `sip:load@${link.b.address}:${PORT}`, '--calls', `${CALLS}`, '--rate', '20/s'];
    const rest = ['--hold', `${HOLD_SECONDS}s`, '--gate', 'success_ratio == 100%'];
    const outcome = await runCallgauge([...target, ...rest], { namespace: link.a.namespace });
    const { counts } = await answerer.stop();
    const { aToB, bToA } = await link.down();
    checkEnd(outcome, 0, 'pass');
    expect(outcome.result.calls).toMatchObject({ answered: CALLS, completed: CALLS, oneWay: 0, noMedia: 0 });
    expect([aToB.overflowed, bToA.overflowed]).toEqual([0, 0]);
    return { outcome, received: receivedOf(outcome.result).packets, answerer: counts, aToB, bToA };
  } finally {
    await answerer.stop();
  }
}

/**
 * Call by call: the link delivered what we received, but for packets that came before our leg began to count or while our BYE was
 * under way; what was lost on the link between the first and the last packet that we took is exactly what we count as lost.
 */
function checkReceived({ outcome, bToA }: Impaired): void {
  const rows = outcome.calls.toSorted((one, other) => one.call - other.call);
  // Calls take their ports in the order of their starts; their first packets may come in another.
  const flows = bToA.flows.toSorted((one, other) => one.port - other.port);
  expect(flows).toHaveLength(rows.length);
  for (const [index, flow] of flows.entries()) {
    const taken = rows[index]?.received?.received ?? Number.NaN;
    const uncounted = flow.delivered - taken;
    expect(uncounted).toBeGreaterThanOrEqual(0);
    expect(uncounted).toBeLessThanOrEqual(UNCOUNTED);
    const possible = Array.from({ length: uncounted + 1 }, (_, skipped) => lossShown(flow, skipped, skipped + taken));
    expect(possible).toContain(rows[index]?.received?.lost);
  }
}

/**
 * The called side tells its sums only. It took what the link delivered, or less by packets that came before it counted or while the
 * call was being ended: which these were is not known, so a loss beside them may be shown or not.
 */
function checkAnswerer({ answerer: counts, aToB: { delivered, flows } }: Impaired): void {
  const uncounted = delivered - (counts['packetsReceived'] ?? Number.NaN);
  expect(uncounted).toBeGreaterThanOrEqual(0);
  expect(uncounted).toBeLessThanOrEqual(CALLS * UNCOUNTED);
  const shown = (without: number): number =>
    flows.reduce((sum, flow) => sum + lossShown(flow, without, flow.delivered - without), 0);
  expect(counts['packetsLost']).toBeLessThanOrEqual(shown(0));
  expect(counts['packetsLost']).toBeGreaterThanOrEqual(shown(uncounted));
}

// Again: on a host that others load the last packets of a call may come after our BYE, or a sender may skip some.
// Each has a link of its own, and few calls: several run at once.
describe.skipIf(!netlabAvailable()).concurrent('over an impaired link', { retry: 1 }, () => {
  it.each([
    ['1 % at random', '-S 42 -l 1', 0.003, 0.02],
    ['5 % at random', '-S 42 -l 5', 0.035, 0.07],
    // Gilbert: 2 / (2 + 40) of the packets are in the bad state in the long run.
    ['bursts of 2.5 packets', '-S 7 -g 2,40', 0.02, 0.09],
  ])(
    'loses %s: both receivers count what the link lost, the caller call by call',
    async (_, impairment, least, most) => {
      const impaired = await run(`${impairment} ${RTP}`);
      checkReceived(impaired);
      checkAnswerer(impaired);
      for (const { lost, touched } of [impaired.aToB, impaired.bToA]) {
        expect(lost / touched).toBeGreaterThan(least);
        expect(lost / touched).toBeLessThan(most);
      }
      const { perCall } = receivedOf(impaired.outcome.result);
      expect(perCall.mosLq?.min).toBeLessThan(4.4);
    },
  );

  it('loses every 50th packet: 2 %', async () => {
    const impaired = await run(`-n 50,7 ${RTP}`);
    checkReceived(impaired);
    checkAnswerer(impaired);
    for (const { lost, touched } of [impaired.aToB, impaired.bToA]) {
      expect(lost).toBe(Math.ceil((touched - 7) / 50));
    }
    const { lost, expected } = impaired.received;
    expect(expected).toBeGreaterThan(PACKETS / 2);
    expect(lost / expected).toBeCloseTo(0.02, 2); // ± 0.005
  });

  it('loses packets from caller to callee only: the caller receives all, the called side does not', async () => {
    const impaired = await run(`-S 3 -l 5 -x a ${RTP}`);
    expect(impaired.received).toMatchObject({ lost: 0, duplicate: 0, reordered: 0 });
    expect(impaired.aToB.lost).toBeGreaterThan(PACKETS * 0.02);
    checkAnswerer(impaired);
    expect(receivedOf(impaired.outcome.result).perCall.lossRatio?.max).toBe(0);
  });

  it('doubles 10 % of the packets: counted as duplicates, not as received, and no loss', async () => {
    const impaired = await run(`-S 5 -u 10 -x b ${RTP}`);
    expect(impaired.bToA.duplicated).toBeGreaterThan(PACKETS * 0.05);
    checkReceived(impaired);
    expect(impaired.received).toMatchObject({ lost: 0, reordered: 0 });
    // A packet that was under way at our BYE may have been doubled as well.
    const underWay = impaired.bToA.delivered - impaired.received.received;
    expect(impaired.bToA.duplicated - impaired.received.duplicate).toBeGreaterThanOrEqual(0);
    expect(impaired.bToA.duplicated - impaired.received.duplicate).toBeLessThanOrEqual(underWay);
  });

  it('reorders: counted as reordered, and what comes in the end is not lost', async () => {
    const impaired = await run(`-S 9 -d 30 -j 25 -R -x b ${RTP}`);
    expect(impaired.bToA.reordered).toBeGreaterThan(PACKETS * 0.05);
    // Packets that were on the link at the BYE are in its counts, not in ours.
    const underWay = impaired.bToA.delivered - impaired.received.received;
    expect(underWay).toBeGreaterThanOrEqual(0);
    expect(underWay).toBeLessThanOrEqual(CALLS * UNCOUNTED);
    expect(impaired.bToA.reordered - impaired.received.reordered).toBeGreaterThanOrEqual(0);
    expect(impaired.bToA.reordered - impaired.received.reordered).toBeLessThanOrEqual(underWay);
    expect(impaired.received).toMatchObject({ duplicate: 0 });
  });

  it('delays everything by 60 ms each way: setup, answer and hang-up take two ways, the audio is whole', async () => {
    const { outcome, received } = await run('-d 60');
    const { setupDelayMs, answerDelayMs, disconnectDelayMs } = outcome.result.signalling;
    for (const delay of [setupDelayMs, answerDelayMs, disconnectDelayMs]) {
      expect(delay).toMatchObject({ count: CALLS });
      expect(delay?.min).toBeGreaterThanOrEqual(120);
      expect(delay?.p50).toBeLessThan(2000);
    }
    expect(received).toMatchObject({ lost: 0, duplicate: 0, reordered: 0 });
    expect(receivedOf(outcome.result).perCall.lossRatio?.max).toBe(0);
    // Round trips by RTCP, each end's report answered by the other's: twice the delay, and never less.
    const rttMs = outcome.seconds.flatMap((row) => row.rttMs ?? []);
    expect(rttMs.length).toBeGreaterThanOrEqual(CALLS * (HOLD_SECONDS - 3));
    expect(Math.min(...rttMs)).toBeGreaterThanOrEqual(120);
    expect(Math.min(...rttMs)).toBeLessThan(120 * 1.02);
    expect(receivedOf(outcome.result).rttMs?.p50).toBeLessThan(120 * 1.02 + floorMs(outcome, 'max'));
  });

  it('jitters by 8 ms either way: each call reads within 2 % of what the chosen delays cause, and the floor of this host', async () => {
    const impaired = await run(`-S 11 -j 8 -d 10 -x b ${RTP}`);
    expect(impaired.received).toMatchObject({ lost: 0, duplicate: 0, reordered: 0 });
    const { calls } = impaired.outcome;
    const flows = impaired.bToA.flows.toSorted((one, other) => one.port - other.port);
    expect(flows).toHaveLength(CALLS);
    for (const [index, row] of calls.toSorted((one, other) => one.call - other.call).entries()) {
      const injectedMs = flows[index]?.jitterMs ?? Number.NaN;
      // 2/3 of 8 ms for a stream alone; less, since the link keeps the order among the streams of all calls.
      expect(injectedMs).toBeGreaterThan(2);
      expect(injectedMs).toBeLessThan(16 / 3);
      const offMs = Math.abs((row.received?.jitterMs ?? Number.NaN) - injectedMs);
      expect(offMs).toBeLessThan(injectedMs * 0.02 + floorMs(impaired.outcome, 'p95'));
    }
    // The other way had no jitter but its own.
    const sentMs = impaired.outcome.result.quality.sent?.perCall.jitterMs?.p50;
    expect(sentMs).toBeLessThan(2);
  });

  it('loses one second of each stream to the caller: in the seconds in which its packets were due, and in no other', async () => {
    const { outcome } = await run(`-l 100 -w ${LOST_FROM},${LOST_TO} -x b ${RTP}`);
    for (const row of outcome.calls) {
      expect(row.received?.lost).toBe(LOST_TO - LOST_FROM);
      expect(row.sent).toMatchObject({ basis: 'answerer', lost: 0 });
      const startMs = (row.establishedMs ?? Number.NaN) + (row.received?.firstPacketMs ?? Number.NaN);
      const due = dueBySecond(startMs);
      const seconds = outcome.seconds.filter(({ call, direction }) => call === row.call && direction === 'received');
      for (const { second, lost } of seconds) {
        expect(Math.abs((lost ?? Number.NaN) - (due.get(second) ?? 0))).toBeLessThanOrEqual(2);
      }
      expect(seconds.reduce((sum, { lost }) => sum + (lost ?? 0), 0)).toBe(LOST_TO - LOST_FROM);
    }
  });

  it('loses one second of each stream from the caller: the far end tells it, in the reports that follow it', async () => {
    const { outcome, received } = await run(`-l 100 -w ${LOST_FROM},${LOST_TO} -x a ${RTP}`);
    expect(received.lost).toBe(0);
    for (const row of outcome.calls) {
      expect(row.sent).toMatchObject({ basis: 'answerer', lost: LOST_TO - LOST_FROM });
      const seconds = outcome.seconds.filter(({ call, direction }) => call === row.call && direction === 'sent');
      const lossy = seconds.filter(({ lost }) => (lost ?? 0) > 0).map(({ second }) => second);
      const firstDue = Math.min(...dueBySecond(row.establishedMs ?? Number.NaN).keys());
      expect(Math.min(...lossy)).toBeGreaterThanOrEqual(firstDue);
      // Reports of our own ends are 0.5 to 1.5 s apart (RFC 3550 §6.2), and the loss lasts two seconds at most.
      expect(Math.max(...lossy)).toBeLessThanOrEqual(firstDue + 3);
    }
  });
});

/** How many of the lost packets were due in each second of the run, when the stream starts at that time. */
function dueBySecond(startMs: number): ReadonlyMap<number, number> {
  const due = new Map<number, number>();
  for (let packet = LOST_FROM; packet < LOST_TO; packet++) {
    const second = Math.floor((startMs + packet * 20) / 1000);
    due.set(second, (due.get(second) ?? 0) + 1);
  }
  return due;
}

/** The jitter that this host alone contributed during the run. */
function floorMs({ result }: RunOutcome, stat: 'p95' | 'max'): number {
  return result.generator.floor?.jitterMs?.[stat] ?? Number.NaN;
}
