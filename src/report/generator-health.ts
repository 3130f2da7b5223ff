/** The health of the generator in one plain sentence, shared by the HTML report and the summary on the terminal. */
import type { GeneratorBlock } from '../run/result.js';
import { formatCount, formatMs } from './number-format.js';

/** Whether the figures of the target can be believed, and why. */
export function healthSentence(generator: GeneratorBlock): string {
  if (generator.verdict === 'strained') return strainedSentence(generator.reasons);
  if (generator.netBackend === 'none') return 'The generator kept up; it sent no audio in this run.';
  const lateness = generator.sendLatenessMs;
  const sent = lateness === null ? 'no audio had to be sent' : `RTP left ${formatMs(lateness.p99)} late at p99`;
  return `The generator kept up: ${sent}, ${skippedText(generator)}, ${dropsText(generator)}.`;
}

function strainedSentence(reasons: readonly string[]): string {
  const why = reasons.length === 0 ? 'no reason was recorded' : reasons.join('; ');
  return `The generator was strained: ${why}. Gates on figures that this spoils are marked untrusted, the others stand.`;
}

function skippedText(generator: GeneratorBlock): string {
  if (generator.missedPackets === 0) return 'no packet was skipped';
  return `${formatCount(generator.missedPackets)} of ${formatCount(generator.sentPackets)} packets were skipped`;
}

function dropsText({ receiveDrops, netBackend }: GeneratorBlock): string {
  const isPortable = netBackend === 'dgram';
  if (receiveDrops === null)
    return `drops at our sockets are unknown${isPortable ? ' with the portable back end' : ''}`;
  if (receiveDrops === 0) return 'our sockets dropped nothing';
  return `our sockets dropped ${isPortable ? 'at least ' : ''}${formatCount(receiveDrops)} datagrams`;
}
