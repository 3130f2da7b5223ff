/** Certificates for tests, made by openssl: an authority, a server and a client signed by it. They live in the temporary folder. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly folder: string;
  /** The authority's certificate. */
  readonly ca: string;
  /** For `pbx.example` and 127.0.0.1 and ::1. */
  readonly server: Identity;
  readonly client: Identity;
  /** The client's key, encrypted with the password `s3cret`. */
  readonly lockedKey: string;
  remove(): void;
}

/** Then the tests that need certificates are skipped, as the name of their group says. */
export const opensslMissing = spawnSync('openssl', ['version']).status !== 0;

/** Files in the folder: `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`, `locked.key`. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'callgauge-tls-'));
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  const sign = (name: string, subject: string, extensions: string): void => {
    writeFileSync(join(folder, `${name}.ext`), extensions);
    openssl('req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...ca);
  };
  sign('server', '/CN=pbx.example', 'subjectAltName=DNS:pbx.example,IP:127.0.0.1,IP:::1\n');
  sign('client', '/CN=caller', 'extendedKeyUsage=clientAuth\n');
  openssl('pkey', '-in', 'client.key', '-aes256', '-passout', 'pass:s3cret', '-out', 'locked.key');
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    folder,
    ca: text('ca.pem'),
    server: { cert: text('server.pem'), key: text('server.key') },
    client: { cert: text('client.pem'), key: text('client.key') },
    lockedKey: text('locked.key'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
