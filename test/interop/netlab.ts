/** Two network namespaces with an impaired link, and what the link did to the packets. Needs root. */
import { isInstalled, runPeerScript } from './peer-script.js';

/** Where a program of ours runs. */
export interface LinkEnd {
  readonly namespace: string;
  readonly address: string;
}

/** True counts of one direction. */
export interface LinkCounts {
  /** Packets that the link was to touch. */
  readonly touched: number;
  /** Distinct packets that it delivered. */
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Delivered after one of their stream that was sent later. */
  readonly reordered: number;
  readonly overflowed: number;
  /** One for each destination port, in the order of their first packets. */
  readonly flows: readonly LinkFlow[];
}

export interface LinkFlow {
  readonly port: number;
  readonly delivered: number;
  /** What the chosen delays alone cause: mean of the interarrival jitter over the delivered packets. */
  readonly jitterMs: number;
  /** For each lost packet, how many of the flow had been delivered before it. */
  readonly lossesAfter: readonly number[];
}

/** How many of the lost packets of a flow lie between the delivered packets number `first` and `end` − 1, counted from 0. */
export function lossShown({ lossesAfter }: LinkFlow, first: number, end: number): number {
  return lossesAfter.filter((delivered) => delivered > first && delivered < end).length;
}

export interface Link {
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  /** Takes the link and the namespaces away. */
  down(): Promise<{ readonly aToB: LinkCounts; readonly bToA: LinkCounts }>;
}

/** Needs root, `ip` and a compiler. @throws Error when one is missing and CALLGAUGE_CI=1 */
export function netlabAvailable(): boolean {
  const needs = 'test $(id -u) = 0 && command -v ip && command -v cc && test -c /dev/net/tun';
  return isInstalled('a link between network namespaces (root, ip, cc, /dev/net/tun)', 'sh', ['-c', needs]);
}

/**
 * Several may be up at once. @param name of its own, short @param impairment arguments of linkem: see `peers/linkem.c`
 * @throws Error when the namespaces cannot be made
 */
export async function startLink(name: string, impairment: string): Promise<Link> {
  await runPeerScript('netlab', ['up', `name=${name}`, `link=${impairment}`]);
  let ended: ReturnType<Link['down']> | undefined;
  return {
    a: { namespace: `${name}-a`, address: '10.77.0.1' },
    b: { namespace: `${name}-b`, address: '10.77.0.2' },
    down: () => (ended ??= runPeerScript('netlab', ['down', `name=${name}`]).then(parseLink)),
  };
}

function parseLink(text: string): { readonly aToB: LinkCounts; readonly bToA: LinkCounts } {
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  const directions = lines.map((line) => JSON.parse(line) as LinkCounts & { readonly direction: string });
  const aToB = directions.find(({ direction }) => direction === 'a>b');
  const bToA = directions.find(({ direction }) => direction === 'b>a');
  if (aToB === undefined || bToA === undefined)
    throw new Error(`expected the counts of both directions, found ${text}`);
  return { aToB, bToA };
}
