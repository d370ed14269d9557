/**
 * Signatures that have been verified before, for a trust store, and the certificates that bore them: the same servers show the
 * same chains again and again, and a signature costs more than everything else.
 *
 * What a signature is worth depends on nothing but the bytes: those of the certificate, of the issuer's key and of the
 * algorithm, which is among the former. So all are compared, and nothing else is remembered: time, names, constraints and
 * revocation are judged anew. Only signatures of paths that were accepted are kept, so that a stranger's chains displace none.
 * What the bytes of a certificate say depends on nothing else either, and a provider may have read its key already.
 *
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { type Certificate, decodeCertificate, sameBytes } from './certificate.ts';

export interface SignatureCache {
  /** True if this issuer's key has been seen to have signed the certificate. */
  has(certificate: Certificate, issuer: Certificate): boolean;
  /** The certificate of an accepted path that has these bytes, or null. */
  find(der: Uint8Array): Certificate | null;
  /** Remembers the signatures of an accepted path, leaf first and anchor last. */
  keep(path: readonly Certificate[]): void;
}

/** The cache of an owner, which lives as long as it does. Each provider has its own: one vouches for no other. */
export function cacheOf(owner: object, crypto: CryptoProvider): SignatureCache {
  const ofOwner = CACHES.get(owner) ?? new WeakMap<CryptoProvider, SignatureCache>();
  CACHES.set(owner, ofOwner);
  const cache = ofOwner.get(crypto) ?? createCache();
  ofOwner.set(crypto, cache);
  return cache;
}

/** Decodes a certificate, unless it was on a path that this owner has accepted. Throws as `decodeCertificate` does. */
export function decodeWith(owner: object | null, crypto: CryptoProvider, der: Uint8Array): Certificate {
  const known = owner === null ? undefined : CACHES.get(owner)?.get(crypto)?.find(der);
  return known ?? decodeCertificate(der);
}

const CACHES = new WeakMap<object, WeakMap<CryptoProvider, SignatureCache>>();

/** Limit: about two megabytes for each trust store. */
const MAX_ENTRIES = 256;

interface Entry {
  readonly certificate: Certificate;
  readonly issuerKey: Uint8Array;
}

function createCache(): SignatureCache {
  // The oldest entry is the first of the map.
  const entries = new Map<number, Entry>();

  function lookUp(der: Uint8Array): Entry | null {
    const entry = entries.get(keyOf(der));
    return entry !== undefined && sameBytes(entry.certificate.der, der) ? entry : null;
  }

  return {
    has(certificate, issuer) {
      const entry = lookUp(certificate.der);
      return entry !== null && sameBytes(entry.issuerKey, issuer.subjectPublicKeyInfo);
    },
    find: (der) => lookUp(der)?.certificate ?? null,
    keep(path) {
      for (const [index, issuer] of path.entries()) {
        const certificate = path[index - 1];
        if (certificate === undefined) continue;
        const key = keyOf(certificate.der);
        entries.delete(key);
        entries.set(key, { certificate, issuerKey: issuer.subjectPublicKeyInfo });
        const [oldest] = entries.keys();
        if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
      }
    },
  };
}

/** Where to look: the last 48 bits of the signature. What decides is the comparison of all bytes. */
function keyOf(der: Uint8Array): number {
  let key = 0;
  for (let i = Math.max(0, der.length - 6); i < der.length; i++) key = key * 256 + (der[i] ?? 0);
  return key;
}
