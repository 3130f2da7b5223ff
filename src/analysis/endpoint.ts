/** Addresses of packets as text, one text for one endpoint. */
import { formatIp } from '../lib/ip-address.js';

/** `192.0.2.1:4000`, `[2001:db8::1]:4000`. @param address 4 or 16 bytes */
export function endpointText(address: Uint8Array, port: number): string {
  return address.length === 4 ? `${formatIp(address)}:${port}` : `[${formatIp(address)}]:${port}`;
}
