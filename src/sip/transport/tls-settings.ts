/** Certificates and names for TLS, and the check of what a user gave before anything is sent. */
import { isIP } from 'node:net';
import { type ConnectionOptions, type TlsOptions, createSecureContext } from 'node:tls';

/** All PEM text. */
export interface TlsMaterial {
  /** Authorities to trust instead of the system's. */
  readonly ca: string | null;
  /** Our own certificate chain, and its key. */
  readonly cert: string | null;
  readonly key: string | null;
  readonly keyPassword: string | null;
  /** The name to ask for (SNI) and to expect in the certificate; null: the host that is connected to. */
  readonly serverName: string | null;
  /** Takes any certificate. */
  readonly insecure: boolean;
}

export const NO_TLS_MATERIAL: TlsMaterial = {
  ca: null,
  cert: null,
  key: null,
  keyPassword: null,
  serverName: null,
  insecure: false,
};

/** Why these certificates and keys cannot be used, or null. */
export function explainTlsMaterial(material: TlsMaterial): string | null {
  // OpenSSL passes over an authority that is none, and then trusts nobody.
  if (material.ca !== null && !/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(material.ca))
    return 'expected a certificate in PEM form as authority';
  if ((material.cert === null) !== (material.key === null))
    return 'expected a certificate and its key, got one of them';
  try {
    createSecureContext(identityOf(material));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** To connect with. @param host as it is connected to, a name or an address */
export function clientOptions(material: TlsMaterial, host: string): ConnectionOptions {
  const { serverName, insecure } = material;
  // An address is no name for SNI (RFC 6066 §3); the certificate is then checked for the address itself.
  const servername = serverName ?? (isIP(host) === 0 ? host : '');
  return { ...identityOf(material), servername, rejectUnauthorized: !insecure, minVersion: 'TLSv1.2' };
}

/** To listen with. With authorities, callers must show a certificate of theirs. */
export function serverOptions(material: TlsMaterial): TlsOptions {
  const asks = material.ca !== null;
  return { ...identityOf(material), requestCert: asks, rejectUnauthorized: asks, minVersion: 'TLSv1.2' };
}

function identityOf({ ca, cert, key, keyPassword }: TlsMaterial): ConnectionOptions & TlsOptions {
  return {
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    ...(keyPassword !== null && { passphrase: keyPassword }),
  };
}
