/** Far sides that want another packet time than the run sends, in words: one line for wishes, one for limits. */
import type { PacketTimeCount } from '../worker/messages.js';

/** Of each line, those of most legs. */
const MOST_NAMED = 3;

export function farPacketTimesInWords(counts: readonly PacketTimeCount[]): string[] {
  const sent = [...new Set(counts.map(({ sentMs }) => inMs(sentMs)))].join(' or ');
  const wished = legsBy(counts, ({ wishedMs }) => wishedMs);
  const atMost = legsBy(counts, ({ atMostMs }) => atMostMs);
  return [
    ...(wished === ''
      ? []
      : [
          `the far side wishes for packets of ${wished} (a=ptime), and this run sends ${sent}: ptime in the scenario says which`,
        ]),
    ...(atMost === ''
      ? []
      : [
          `the far side takes packets of at most ${atMost} (a=maxptime), and this run sends ${sent}: what is longer it need not play`,
        ]),
  ];
}

/** `30 ms on 5 legs, 10 ms on 1`; '' for none. */
function legsBy(counts: readonly PacketTimeCount[], timeOf: (count: PacketTimeCount) => number | null): string {
  const legs = new Map<string, number>();
  for (const count of counts) {
    const ms = timeOf(count);
    if (ms !== null) {
      legs.set(inMs(ms), (legs.get(inMs(ms)) ?? 0) + count.legs);
    }
  }
  const most = [...legs].toSorted(([, a], [, b]) => b - a).slice(0, MOST_NAMED);
  return most
    .map(([time, count], index) => `${time} on ${count}${index > 0 ? '' : count === 1 ? ' leg' : ' legs'}`)
    .join(', ');
}

const inMs = (ms: number): string => `${Number(ms.toFixed(3))} ms`;
