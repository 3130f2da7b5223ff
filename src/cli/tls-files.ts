/** Certificates and keys from the files that were named, checked before anything is sent. */
import type { Problem } from '../lib/errors.js';
import { messageOf } from '../lib/errors.js';
import { explainTlsMaterial } from '../sip/transport/tls-settings.js';
import type { TlsMaterial } from '../worker/messages.js';
import type { ProcessHost } from './host.js';

/** Paths of PEM files, and where each was written. */
export interface TlsFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly keyPassword: string | null;
  readonly serverName: string | null;
  readonly insecure: boolean;
}

/** @param placeOf where `ca`, `cert` or `key` was written; an empty part: all of them */
export function readTlsFiles(
  host: ProcessHost,
  files: TlsFiles,
  placeOf: (part: string) => string,
): TlsMaterial | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const read = (part: 'ca' | 'cert' | 'key'): string | null => {
    const path = files[part];
    if (path === null) {
      return null;
    }
    try {
      return host.readText(path);
    } catch (error) {
      const why = messageOf(error).replace(/^[A-Z]+: (.*?),? (?:open|read)\b.*$/, '$1');
      problems.push({ code: 'tls-file', where: placeOf(part), message: `the file cannot be read: ${why}` });
      return null;
    }
  };
  const material = { ...files, ca: read('ca'), cert: read('cert'), key: read('key') };
  if (problems.length > 0) {
    return { problems };
  }
  const why = explainTlsMaterial(material);
  if (why === null) {
    return material;
  }
  return { problems: [{ code: 'tls-material', where: placeOf(''), message: `cannot be used for TLS: ${why}` }] };
}
