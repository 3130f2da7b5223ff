/**
 * The token that a call carries to its far end: which call of which run it is, and where that run hears of it. Our own answerer
 * finds it behind a PBX too, in the caller's name, and returns what it received. `cg-` and 24 characters of base32
 * (RFC 4648 §6, lower case): 15 octets, of which the first checks the rest, so that no chance text is taken for a token.
 */
import { parseIp } from '../lib/ip-address.js';
import { SipParseError } from '../sip/message/parse-error.js';
import type { SipMessage } from '../sip/message/message.js';

export interface CallToken {
  /** IPv4 address and UDP port of the run's SIP socket. */
  readonly address: string;
  readonly port: number;
  /** 32 bits of the run, see `runIdOf`. */
  readonly runId: number;
  /** Call number of the run, from 0. */
  readonly call: number;
}

export const TOKEN_HEADER = 'X-Callgauge-Call';

const PREFIX = 'cg-';
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const OCTETS = 15;
const CHARACTERS = 24;
/** A name or header that is longer is looked at only so far. */
const SEARCHED_CHARACTERS = 256;
/** A run's port is ephemeral. A token must not aim our reports at a service of the system. */
const LOWEST_PORT = 1024;
/** As many as a scenario may have. */
const MAX_CALLS = 1_000_000_000;

/** FNV-1a, 32 bits: a short id of the run's own token. Reports of another run, on a port that it had, do not match. */
export function runIdOf(runToken: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < runToken.length; i++) {
    hash = mix(hash, runToken.charCodeAt(i));
  }
  return hash >>> 0;
}

/** The token as text; null where it cannot be one: an address that is no IPv4, a port below 1024. */
export function encodeCallToken({ address, port, runId, call }: CallToken): string | null {
  const host = parseIp(address);
  if (host?.family !== 4 || !isPlausible(port, call)) {
    return null;
  }
  const octets = new Uint8Array(OCTETS);
  octets.set(host.bytes, 1);
  const view = new DataView(octets.buffer);
  view.setUint16(5, port);
  view.setUint32(7, runId);
  view.setUint32(11, call);
  octets[0] = checkOf(octets);
  return PREFIX + toBase32(octets);
}

/** The first token in a text of the network, in any case; null: there is none, or it is forged or torn. Never throws. */
export function findCallToken(text: string): CallToken | null {
  const searched = text.slice(0, SEARCHED_CHARACTERS).toLowerCase();
  for (let at = searched.indexOf(PREFIX); at >= 0; at = searched.indexOf(PREFIX, at + 1)) {
    const token = decode(searched.slice(at + PREFIX.length, at + PREFIX.length + CHARACTERS));
    if (token !== null) {
      return token;
    }
  }
  return null;
}

/** The token of a call that comes to us: its header, or where a PBX dropped that, the caller's name. */
export function callTokenOf(invite: SipMessage): CallToken | null {
  return findCallToken(invite.header(TOKEN_HEADER) ?? '') ?? findCallToken(callerName(invite));
}

function callerName(invite: SipMessage): string {
  try {
    return invite.from.displayName ?? '';
  } catch (error) {
    if (!(error instanceof SipParseError)) {
      throw error;
    }
    return '';
  }
}

function decode(characters: string): CallToken | null {
  const octets = fromBase32(characters);
  if (octets === null || octets[0] !== checkOf(octets)) {
    return null;
  }
  const view = new DataView(octets.buffer);
  const [port, runId, call] = [view.getUint16(5), view.getUint32(7), view.getUint32(11)];
  return isPlausible(port, call) ? { address: octets.subarray(1, 5).join('.'), port, runId, call } : null;
}

function isPlausible(port: number, call: number): boolean {
  const isCall = Number.isInteger(call) && call >= 0 && call < MAX_CALLS;
  return isCall && Number.isInteger(port) && port >= LOWEST_PORT && port <= 65_535;
}

/** Over all octets but the first. */
function checkOf(octets: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 1; i < OCTETS; i++) {
    hash = mix(hash, octets[i] ?? 0);
  }
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
}

function mix(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, 0x0100_0193);
}

/** 15 octets are 24 characters of 5 bits, without padding. */
function toBase32(octets: Uint8Array): string {
  let text = '';
  let [bits, held] = [0, 0];
  for (const octet of octets) {
    bits = ((bits << 8) | octet) & 0xfff;
    for (held += 8; held >= 5; held -= 5) {
      text += ALPHABET[(bits >> (held - 5)) & 31];
    }
  }
  return text;
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length !== CHARACTERS) {
    return null;
  }
  const octets = new Uint8Array(OCTETS);
  let [bits, held, at] = [0, 0, 0];
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) {
      return null;
    }
    bits = ((bits << 5) | value) & 0xfff;
    held += 5;
    if (held >= 8) {
      held -= 8;
      octets[at++] = (bits >> held) & 0xff;
    }
  }
  return octets;
}
