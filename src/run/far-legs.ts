/** Which endpoints are our own answerers, and how many of the figures that they return are still on their way. */

export class FarLegs {
  /** By endpoint. */
  private readonly expected: number[];
  private readonly returned: number[];
  private readonly ours = new Set<number>();

  constructor(endpoints: number) {
    this.expected = Array.from({ length: endpoints }, () => 0);
    this.returned = Array.from({ length: endpoints }, () => 0);
  }

  /** It called itself so in an answer. */
  noteOurs(endpoint: number): void {
    this.ours.add(endpoint);
  }

  /** A leg of this endpoint has ended. */
  expect(endpoint: number): void {
    this.expected[endpoint] = (this.expected[endpoint] ?? 0) + 1;
  }

  /** Figures came: whatever stands between, the far end is ours. */
  count(endpoint: number): void {
    this.ours.add(endpoint);
    this.returned[endpoint] = (this.returned[endpoint] ?? 0) + 1;
  }

  get outstanding(): number {
    let sum = 0;
    for (const endpoint of this.ours) {
      sum += Math.max(0, (this.expected[endpoint] ?? 0) - (this.returned[endpoint] ?? 0));
    }
    return sum;
  }
}
