/** From errors of sockets and TLS to the cause of a failed call. */
import { DETAIL_CHARACTERS, type HostLimit, type TransportFailure } from './transport.js';

/** Codes of OpenSSL's certificate checks and of TLS itself, as Node names them. */
const TLS_CODE =
  /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_|EPROTO)/;

/** A socket that is to get any free port and finds none fails at the bind with EADDRINUSE, without a bind with EADDRNOTAVAIL. */
const HOST_LIMITS: Readonly<Record<string, HostLimit>> = {
  EMFILE: 'no-file-handle',
  ENFILE: 'no-file-handle',
  EADDRINUSE: 'no-local-port',
  EADDRNOTAVAIL: 'no-local-port',
  ENOBUFS: 'no-socket-memory',
  ENOMEM: 'no-socket-memory',
};

/** What of this host was used up, by the code of an error; null: that was not it. */
export function hostLimitOf(code: string | undefined): HostLimit | null {
  return HOST_LIMITS[code ?? ''] ?? null;
}

/** @param inHandshake the error came while TLS was being agreed on */
export function failureOf(error: Error & { readonly code?: string }, inHandshake: boolean): TransportFailure {
  const { code = '' } = error;
  const isTls = inHandshake || TLS_CODE.test(code);
  const cause = hostLimitOf(code) ?? (isTls ? 'tls-failed' : 'connection-failed');
  return { cause, detail: detailOf(error.message, code) };
}

export const connectionFailure = (detail: string): TransportFailure => ({
  cause: 'connection-failed',
  detail: detail.slice(0, DETAIL_CHARACTERS),
});

/** OpenSSL writes `40A7…:error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:…`: the words are the sixth part. */
function detailOf(message: string, code: string): string {
  const words = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/i.exec(message)?.[1] ?? message;
  const named = code === '' || words.includes(code) ? words : `${words} (${code})`;
  return named.replaceAll(/\s+/g, ' ').trim().slice(0, DETAIL_CHARACTERS);
}
