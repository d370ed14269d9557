/**
 * Signatures that have been verified before, for a trust store: the same servers show the same chains again and again, and a
 * signature costs more than everything else.
 *
 * What a signature is worth depends on nothing but the bytes: those of the certificate, of the issuer's key and of the
 * algorithm, which is among the former. So all are compared, and nothing else is remembered: time, names, constraints and
 * revocation are judged anew. Only signatures of paths that were accepted are kept, so that a stranger's chains displace none.
 *
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { type Certificate, sameBytes } from './certificate.ts';

export interface SignatureCache {
  /** True if this issuer's key has been seen to have signed the certificate. */
  has(certificate: Certificate, issuer: Certificate): boolean;
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

const CACHES = new WeakMap<object, WeakMap<CryptoProvider, SignatureCache>>();

/** Limit: about half a megabyte for each trust store. */
const MAX_ENTRIES = 256;

interface Entry {
  readonly der: Uint8Array;
  readonly issuerKey: Uint8Array;
}

function createCache(): SignatureCache {
  // The oldest entry is the first of the map.
  const entries = new Map<string, Entry>();
  return {
    has(certificate, issuer) {
      const entry = entries.get(keyOf(certificate));
      if (entry === undefined || !sameBytes(entry.der, certificate.der)) return false;
      return sameBytes(entry.issuerKey, issuer.subjectPublicKeyInfo);
    },
    keep(path) {
      for (const [index, issuer] of path.entries()) {
        const certificate = path[index - 1];
        if (certificate === undefined) continue;
        const key = keyOf(certificate);
        entries.delete(key);
        entries.set(key, { der: certificate.der, issuerKey: issuer.subjectPublicKeyInfo });
        const [oldest] = entries.keys();
        if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
      }
    },
  };
}

/** Where to look; what decides is the comparison of all bytes. */
function keyOf({ signature }: Certificate): string {
  return String.fromCharCode(...signature.subarray(-24));
}
