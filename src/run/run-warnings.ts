/** What a reader should know beside the gates: why a run proves nothing, and what its figures do not show. */
import type { GateResult } from '../gates/evaluate.js';
import { supportedRatio } from '../gates/support.js';
import { farPacketTimesInWords } from './far-packet-times.js';
import { cpuInWords } from './health.js';
import { refusedCalls } from './host-limits.js';
import type { NetBackend } from '../lib/net-backend.js';
import type { RunBook } from './run-book.js';

/** A run that did not place its calls, or could not send its audio, proves nothing that it promised. */
export function doubtsOf(book: RunBook, spoiled: Readonly<Partial<Record<string, string>>>): string[] {
  const doubts = refusedCalls(book.total.causes.values());
  const withoutSocket = book.registrations.hostLimitInWords();
  if (withoutSocket !== null) {
    doubts.push(withoutSocket);
  }
  const unplaced = book.total.causes.get('start||noRegisteredUser')?.count ?? 0;
  if (unplaced > 0) {
    doubts.push(`${unplaced} calls were not placed: too few users were registered`);
  }
  const { health } = book;
  const missed = health.skippedTrouble(cpuInWords(book.generatorSeconds.hostCpuPeak));
  const others = [spoiled['lateStarts'], missed, health.sendTrouble()];
  return [...doubts, ...others.filter((text) => text !== undefined && text !== null)];
}

/** The kernel's count comes with the packets, and this back end does not see it. */
const UNKNOWN_DROPS =
  'drops of this host cannot be known with the portable back end: what stands as lost may have been dropped here';

/** Things that a reader should know and no gate says. */
export function warningsOf(book: RunBook, gates: readonly GateResult[], netBackend: NetBackend | 'none'): string[] {
  const { calls, otherSourceLegs } = book.total;
  const warnings: string[] = [];
  if (netBackend === 'dgram' && book.total.legs > 0) {
    warnings.push(UNKNOWN_DROPS);
  }
  if (book.spoiled.all > 0) {
    warnings.push(
      `${book.spoiled.all} call-seconds are in no loss, discard, jitter or score of seconds: this host dropped datagrams in them`,
    );
  }
  if (otherSourceLegs > 0) {
    warnings.push(
      `on ${otherSourceLegs} of ${book.total.legs} legs the audio came from another address or port than the SDP named`,
    );
  }
  if (calls.roundTrip > 0) {
    warnings.push(
      `${calls.roundTrip} of ${book.total.legs} legs received their own packets back (RTP echo): their figures cover both ways`,
    );
  }
  const left = book.registrations.leftInWords();
  if (left !== null) {
    warnings.push(left);
  }
  const contradicted = book.registrations.contradictedInWords();
  if (contradicted !== null) {
    warnings.push(contradicted);
  }
  warnings.push(...book.transfers.declinedInWords(), ...farPacketTimesInWords(book.packetTimes));
  const support = supportStatement(gates);
  if (support !== null) {
    warnings.push(support);
  }
  return warnings;
}

/** What the sample supports, where a gate asks for a higher success ratio than that and passes all the same. */
function supportStatement(gates: readonly GateResult[]): string | null {
  for (const { expr, state, observed, samples, limit } of gates) {
    const asked = state === 'pass' && /^success_ratio\b.*>/.test(expr);
    const succeeded = Math.round((observed ?? 0) * samples);
    const supported = asked ? supportedRatio(succeeded, samples) : null;
    if (supported !== null && supported < limit) {
      return supportInWords(succeeded, samples, supported);
    }
  }
  return null;
}

function supportInWords(succeeded: number, attempted: number, supported: number): string {
  const failures = attempted - succeeded;
  const without = failures === 0 ? 'without a failure' : `with ${failures} failure${failures === 1 ? '' : 's'}`;
  const percent = (Math.floor(supported * 1000) / 10).toFixed(1); // down: a rounded bound would show too much
  const calls = `${attempted} call${attempted === 1 ? '' : 's'}`;
  return `${calls} ${without} only show a success ratio of at least ${percent} % at 95 % confidence`;
}
