/** What payload types stand for: static ones by RFC 3551 §6 (audio), others as SDP or the user says. */

/** How a payload type is to be read. */
export interface Encoding {
  /** Of the rtpmap, upper case. */
  readonly name: string;
  /** Of the RTP timestamps, Hz. */
  readonly clockRate: number;
}

const of = (name: string, clockRate = 8000): Encoding => ({ name, clockRate });

/** 13 is comfort noise; 19 was, before RFC 3551. */
const STATIC: ReadonlyMap<number, Encoding> = new Map([
  [0, of('PCMU')],
  [3, of('GSM')],
  [4, of('G723')],
  [5, of('DVI4')],
  [6, of('DVI4', 16_000)],
  [7, of('LPC')],
  [8, of('PCMA')],
  [9, of('G722')],
  [10, of('L16', 44_100)],
  [11, of('L16', 44_100)],
  [12, of('QCELP')],
  [13, of('CN')],
  [14, of('MPA', 90_000)],
  [15, of('G728')],
  [16, of('DVI4', 11_025)],
  [17, of('DVI4', 22_050)],
  [18, of('G729')],
  [19, of('CN')],
]);

export function staticEncoding(payloadType: number): Encoding | undefined {
  return STATIC.get(payloadType);
}

/** Of audio that is spoken: comfort noise is none. */
export function staticNames(): string[] {
  return [...new Set([...STATIC.values()].map(({ name }) => name))].filter((name) => name !== 'CN');
}

/** A clock that audio may have. */
export function isClockRate(hz: number): boolean {
  return Number.isInteger(hz) && hz >= 1000 && hz <= 384_000;
}

/** `96=G722/8000`, as a user gives it; null when it is not of that form. */
export function parseRtpMap(text: string): { readonly payloadType: number; readonly encoding: Encoding } | null {
  const [, number = '', name = '', clock = ''] = /^(\d{1,3})=([\w.+-]{1,40})\/(\d{4,6})(?:\/\d)?$/.exec(text) ?? [];
  const payloadType = Number(number);
  const isRight = number !== '' && payloadType <= 127 && isClockRate(Number(clock));
  return isRight ? { payloadType, encoding: of(name.toUpperCase(), Number(clock)) } : null;
}
