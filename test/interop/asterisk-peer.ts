/** Asterisk as the other side of a test; `peers/asterisk/` has its extensions and accounts. */
import { runPeerScript, scriptSaysInstalled } from './peer-script.js';

const PORT = 15_600;
const PLACES = {
  tcp: `127.0.0.1:${PORT};transport=tcp`,
  tls: `127.0.0.1:${PORT + 1};transport=tls`,
  ws: `127.0.0.1:${PORT + 2};transport=ws`,
  ipv6: `[::1]:${PORT}`,
} as const;
/** Where its extension `bridge` calls. */
export const BEHIND_ASTERISK_PORT = 15_690;

export interface Asterisk {
  readonly port: number;
  /** `sip:` URI of an extension. */
  uri(extension: string): string;
  /** The same by another way. */
  uriOver(transport: 'tcp' | 'tls' | 'ws' | 'ipv6', extension: string): string;
  /** File of the authority behind its certificate. */
  readonly caFile: string;
  /** Ends it; nothing when it has ended. */
  stop(): Promise<void>;
}

/** @throws Error when it is missing and CALLGAUGE_CI=1 */
export function asteriskAvailable(): boolean {
  return scriptSaysInstalled('asterisk');
}

/** @throws Error with its log when it does not come up */
export async function startAsterisk(): Promise<Asterisk> {
  await runPeerScript('asterisk', ['start', `port=${PORT}`, `peer=127.0.0.1:${BEHIND_ASTERISK_PORT}`]);
  const caFile = (await runPeerScript('asterisk', ['ca', `port=${PORT}`])).trim();
  return {
    caFile,
    uriOver: (transport, extension) => `sip:${extension}@${PLACES[transport]}`,
    port: PORT,
    uri: (extension) => `sip:${extension}@127.0.0.1:${PORT}`,
    stop: async () => void (await runPeerScript('asterisk', ['stop', `port=${PORT}`])),
  };
}
