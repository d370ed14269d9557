/**
 * External PSKs made fit for one hash each of TLS 1.3, so that no key is used with two.
 *
 * @see RFC 9258 §5.1 (External PSK Diversification), §10 (TLS KDF Identifiers)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { TlsUsageError } from '../errors/errors.ts';
import { HASH_LENGTH, type HashName } from '../params/algorithms.ts';
import { VERSION } from '../params/registries.ts';
import { Writer } from '../wire/writer.ts';
import { hkdfExpandLabel, hkdfExtract } from './hkdf.ts';

/** RFC 9258 §10. */
const TARGET_KDF = { sha256: 0x0001, sha384: 0x0002 } as const;

const MAX_IDENTITY = 0xffff;

export interface PskToImport {
  /** external_identity, 1 to 65,535 bytes. */
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
  /** Where the key is from and for whom; seen by everybody on the wire. Default: empty. */
  readonly context?: Uint8Array | undefined;
  /** The hash that the key is associated with. Default: SHA-256. */
  readonly hash?: HashName | undefined;
}

/** An external PSK for a handshake, under a binder label of its own (RFC 9258 §5.2). */
export interface ImportedPsk {
  readonly kind: 'external-psk';
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
  readonly hash: HashName;
  readonly binder: 'imported';
}

/**
 * The imported keys of one external PSK, one for each hash that a cipher suite may have.
 *
 * @throws TlsUsageError for an empty identity or key, or an ImportedIdentity over 65,535 bytes.
 */
export function importPsk(crypto: CryptoProvider, psk: PskToImport): readonly ImportedPsk[] {
  const { identity, key, context = new Uint8Array(0), hash = 'sha256' } = psk;
  if (identity.length === 0 || key.length === 0) throw new TlsUsageError('a PSK has an identity and a key');
  // §5.1: epskx = HKDF-Extract(0, epsk), with the hash of the external key.
  const extracted = hkdfExtract(crypto, hash, new Uint8Array(0), key);
  return (Object.keys(TARGET_KDF) as (keyof typeof TARGET_KDF)[]).map((target) => {
    const imported = new Writer()
      .vector16(identity)
      .vector16(context)
      .u16(VERSION.TLS13)
      .u16(TARGET_KDF[target])
      .finish();
    if (imported.length > MAX_IDENTITY) throw new TlsUsageError('the imported identity is over 65,535 bytes');
    const digest = crypto.hash(hash);
    digest.update(imported);
    return {
      kind: 'external-psk',
      identity: imported,
      key: hkdfExpandLabel(crypto, hash, extracted, 'derived psk', digest.digest(), HASH_LENGTH[target]),
      hash: target,
      binder: 'imported',
    };
  });
}
