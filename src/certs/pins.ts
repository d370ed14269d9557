/**
 * Pins: hashes of public keys of which a path must hold one, whatever else the trust anchors would allow.
 *
 * A pin names a key, not a certificate, so that it outlives renewals; that of an authority outlives changes of the leaf's key.
 *
 * @see RFC 7469 §2.4 (what is hashed), §2.6 (Validating Pinned Connections)
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { fail, TlsUsageError } from '../errors/errors.ts';
import { type Certificate, sameBytes } from './certificate.ts';
import { decodeBase64, encodeBase64 } from './pem.ts';

/** SHA-256 of a SubjectPublicKeyInfo: 32 bytes, or their base64, as `pinOf` makes it. */
export type Pin = string | Uint8Array;

/**
 * The pin of a certificate's key, in base64: what `openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64` shows.
 *
 * @example
 * const pin = pinOf(decodeCertificate(der)); // "C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M="
 */
export function pinOf(certificate: Certificate, crypto: CryptoProvider = nobleProvider): string {
  return encodeBase64(hashOfKey(certificate, crypto));
}

/** The hashes of a list of pins. Throws TlsUsageError for what is not one. */
export function readPins(pins: readonly Pin[]): readonly Uint8Array[] {
  // None at all would refuse every path.
  if (!Array.isArray(pins) || pins.length === 0) throw new TlsUsageError('pins is a list with at least one pin');
  return pins.map((pin) => {
    const hash = typeof pin === 'string' ? decodeBase64(pin) : pin;
    if (!(hash instanceof Uint8Array) || hash.length !== 32) {
      throw new TlsUsageError('a pin is the SHA-256 of a SubjectPublicKeyInfo: 32 bytes, or their base64');
    }
    return hash;
  });
}

/** Throws TlsError ERR_CERT_PIN for a path that has none of the keys. */
export function checkPins(path: readonly Certificate[], pins: readonly Uint8Array[], crypto: CryptoProvider): void {
  // §2.6: one is enough, at any place.
  const isPinned = path.some((certificate) => {
    const hash = hashOfKey(certificate, crypto);
    return pins.some((pin) => sameBytes(pin, hash));
  });
  if (!isPinned) fail('ERR_CERT_PIN', `${path.length} keys in the path, ${pins.length} pins`);
}

function hashOfKey({ subjectPublicKeyInfo }: Certificate, crypto: CryptoProvider): Uint8Array {
  const hash = crypto.hash('sha256');
  hash.update(subjectPublicKeyInfo);
  return hash.digest();
}
