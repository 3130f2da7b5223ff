/** RFC 2782 and RFC 3263 §4.3: the order of servers, by hand. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { ServerList, type SipServer } from '../../../../src/sip/ua/server-list.js';

const server = (name: string, priority: number, weight: number): SipServer => ({
  addresses: [name],
  port: 5060,
  priority,
  weight,
});
const names = (list: ServerList): string[] => list.order().map(({ host }) => host);

describe('ServerList', () => {
  it('one server is one place; all addresses of one follow each other', () => {
    const list = new ServerList(
      [{ addresses: ['a', 'b'], port: 7, priority: 0, weight: 0 }],
      () => 0,
      () => 0,
    );
    expect(list.order()).toEqual([
      { host: 'a', port: 7 },
      { host: 'b', port: 7 },
    ]);
  });

  it('lower priorities first, whatever their weight', () => {
    const servers = [server('c', 30, 100), server('a', 10, 0), server('b', 20, 1)];
    for (const at of [0, 0.5, 0.99])
      expect(
        names(
          new ServerList(
            servers,
            () => at,
            () => 0,
          ),
        ),
      ).toEqual(['a', 'b', 'c']);
  });

  it('draws by weight: 0 to 60 of 100 is the first', () => {
    const servers = [server('a', 1, 60), server('b', 1, 40)];
    // ⌊x · 101⌋ is 60 at 0.60 and 61 at 0.61.
    expect(
      names(
        new ServerList(
          servers,
          () => 0.6,
          () => 0,
        ),
      ),
    ).toEqual(['a', 'b']);
    expect(
      names(
        new ServerList(
          servers,
          () => 0.61,
          () => 0,
        ),
      ),
    ).toEqual(['b', 'a']);
    const random = createRandom(1);
    const list = new ServerList(
      servers,
      () => random.next(),
      () => 0,
    );
    let first = 0;
    for (let i = 0; i < 10_000; i++) first += names(list)[0] === 'a' ? 1 : 0;
    // 61 of 101 draws; four standard deviations of 10,000 of them are 196.
    expect(Math.abs(first - 6_040)).toBeLessThan(196);
  });

  it('what failed is tried last for 30 s', () => {
    let nowMs = 1_000;
    const list = new ServerList(
      [server('a', 1, 0), server('b', 2, 0)],
      () => 0,
      () => nowMs,
    );
    list.fail({ host: 'a', port: 5060 });
    expect(names(list)).toEqual(['b', 'a']);
    nowMs = 30_999;
    expect(names(list)).toEqual(['b', 'a']);
    nowMs = 31_000;
    expect(names(list)).toEqual(['a', 'b']);
  });
});
