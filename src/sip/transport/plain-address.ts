/** An IPv4 address as an IPv6 socket gives it (`::ffff:192.0.2.1`), in its own form; any other as it is. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
