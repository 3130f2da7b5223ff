/** Addresses of packets as text: IPv4 dotted, IPv6 as RFC 5952 writes it. */

/** `192.0.2.1:4000`, `[2001:db8::1]:4000`; one text for one endpoint. */
export function endpointText(address: ArrayLike<number>, port: number): string {
  return address.length === 4 ? `${ipv4Text(address)}:${port}` : `[${ipv6Text(address)}]:${port}`;
}

/** As it stands without a port. */
export function addressText(address: ArrayLike<number>): string {
  return address.length === 4 ? ipv4Text(address) : ipv6Text(address);
}

function ipv4Text(address: ArrayLike<number>): string {
  return `${address[0] ?? 0}.${address[1] ?? 0}.${address[2] ?? 0}.${address[3] ?? 0}`;
}

const hex = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');

/** The longest run of two zero groups or more, the first of equals, is left out (RFC 5952 §4.2). */
function ipv6Text(address: ArrayLike<number>): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0));
  let [bestStart, bestLength] = [0, 1];
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > bestLength) [bestStart, bestLength] = [start, length];
  }
  if (bestLength < 2) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}
