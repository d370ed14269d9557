/**
 * What the protocol needs of cryptography. Synchronous, passed in the config, never global.
 *
 * No implementation draws its own randomness: whatever is random comes from the `Random` given to the call, so that a
 * connection can be replayed from its inputs.
 *
 * @see RFC 9846 §7 (Cryptographic Computations), §5.2 (Record Payload Protection)
 * @module
 */
import type {
  AeadName,
  CbcName,
  CurveName,
  GroupName,
  HashName,
  Sha2Name,
  SignatureAlgorithm,
} from '../params/algorithms.ts';

/** Returns `length` fresh random bytes from a secure source. */
export interface Random {
  (length: number): Uint8Array;
  /** Set by the platform's own source: a provider may then draw from its library's, which keeps a secret out of reach. */
  readonly platform?: true;
}

/** A running hash. */
export interface HashContext {
  update(bytes: Uint8Array): void;
  /** An independent copy of the state so far. */
  clone(): HashContext;
  /** The digest of all bytes so far; the context is not used again. */
  digest(): Uint8Array;
}

/** An AEAD bound to one key. Nonces are 12 bytes. */
export interface Aead {
  /** Bytes that sealing adds. */
  readonly tagLength: number;
  /**
   * Seals `plaintext` followed by `tail` (TLS 1.3: inner type and padding; TLS 1.2: empty) into `out` at `offset`, then the
   * tag. `out` may overlap `plaintext` only if it is the same range.
   */
  seal(
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
    tail: Uint8Array,
    out: Uint8Array,
    offset: number,
  ): void;
  /** Opens `ciphertext` (tag included) into `out` at `offset`. False, with nothing written, when the tag does not match. */
  open(nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, out: Uint8Array, offset: number): boolean;
  /**
   * Opens `ciphertext` into a new array, which is the caller's; null when the tag does not match. Only where a result has an
   * array of its own in any case, so that copying it would be all that `open` adds.
   */
  readonly openNew?: (nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array) => Uint8Array<ArrayBuffer> | null;
  /** Overwrites the key; the context is not used again. */
  wipe(): void;
}

/** AES in CBC mode bound to one key, without padding: that of TLS 1.2 is checked where the MAC is. */
export interface BlockCipherCbc {
  /**
   * Encrypts whole blocks of 16 bytes into `out` at `offset`, under an IV of 16 bytes. `out` may overlap `data` only if it is
   * the same range. Throws TlsUsageError for a part of a block.
   */
  encrypt(iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number): void;
  /** The reverse. The time it takes depends on the length alone. */
  decrypt(iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number): void;
  /** Overwrites the key; the context is not used again. */
  wipe(): void;
}

/** The private half of a key share that was sent, used once. */
export interface EphemeralKey {
  /** KeyShareEntry.key_exchange to send. */
  readonly share: Uint8Array;
  /**
   * The shared secret with the peer's share. Throws TlsError `ERR_TLS_BAD_KEY_SHARE` (wrong length, off the curve, not
   * canonical) or `ERR_TLS_WEAK_SHARED_SECRET` (all zero, §7.4.2).
   */
  agree(peerShare: Uint8Array): Uint8Array;
  wipe(): void;
}

/** One key exchange group, for both roles: (EC)DHE and KEM hybrids look alike from outside. */
export interface KeyExchange {
  /** Client: a fresh key and the share to send. */
  generate(random: Random): EphemeralKey;
  /** Server: the answer to a client's share and the shared secret. Throws as `EphemeralKey.agree` does. */
  respond(clientShare: Uint8Array, random: Random): { readonly share: Uint8Array; readonly secret: Uint8Array };
}

/** A public key as a SubjectPublicKeyInfo holds it. Integers are unsigned big-endian without leading zeros. */
export type PublicKey =
  | { readonly kind: 'ec'; readonly curve: CurveName /** Uncompressed SEC1 point. */; readonly point: Uint8Array }
  | { readonly kind: 'ed25519' /** 32 bytes. */; readonly key: Uint8Array }
  | { readonly kind: 'ed448' /** 57 bytes. */; readonly key: Uint8Array }
  | {
      readonly kind: 'rsa';
      readonly modulus: Uint8Array;
      readonly exponent: Uint8Array;
      /** True for id-RSASSA-PSS, whose key signs with PSS alone (RFC 4055 §1.2). */
      readonly pss: boolean;
      /** Parameters of an id-RSASSA-PSS key, where it has them: the only hash, and the least salt length in bytes. */
      readonly pssParameters?: { readonly hash: Sha2Name; readonly saltLength: number } | undefined;
    };

/** A private key in memory. Secret fields are wiped by `wipePrivateKey` (crypto/signer.ts). */
export type PrivateKey =
  | {
      readonly kind: 'ec';
      readonly curve: CurveName /** Big-endian, as long as the field. */;
      readonly scalar: Uint8Array;
    }
  | { readonly kind: 'ed25519' /** 32 bytes. */; readonly seed: Uint8Array }
  | { readonly kind: 'ed448' /** 57 bytes. */; readonly seed: Uint8Array }
  | {
      readonly kind: 'rsa';
      readonly pss: boolean;
      readonly pssParameters?: { readonly hash: Sha2Name; readonly saltLength: number } | undefined;
      readonly modulus: Uint8Array;
      readonly exponent: Uint8Array;
      readonly privateExponent: Uint8Array;
      readonly prime1: Uint8Array;
      readonly prime2: Uint8Array;
      readonly exponent1: Uint8Array;
      readonly exponent2: Uint8Array;
      readonly coefficient: Uint8Array;
    };

export interface CryptoProvider {
  readonly name: string;
  /** Prefers ChaCha20-Poly1305 over AES when neither peer cares (no AES hardware behind this provider). */
  readonly prefersChaCha20: boolean;
  /** Groups this provider can do, most preferred first. */
  readonly groups: readonly GroupName[];
  hash(name: HashName): HashContext;
  /** HMAC over the concatenation of `data`. */
  hmac(hash: HashName, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array;
  aead(name: AeadName, key: Uint8Array): Aead;
  cbc(name: CbcName, key: Uint8Array): BlockCipherCbc;
  /** Throws TlsUsageError for a group that is not in `groups`. */
  keyExchange(group: GroupName): KeyExchange;
  /** False for a wrong signature, a malformed one, or a key that does not fit the algorithm; never throws for peer input. */
  verify(algorithm: SignatureAlgorithm, key: PublicKey, content: Uint8Array, signature: Uint8Array): boolean;
  /** ECDSA signatures are DER (§4.3.3). Throws TlsUsageError when the key does not fit the algorithm. */
  sign(algorithm: SignatureAlgorithm, key: PrivateKey, content: Uint8Array, random: Random): Uint8Array;
  /**
   * RSADP (RFC 8017 §5.1.2), blinded: as long as the modulus, zeros in front, padding untouched. A ciphertext of another length,
   * or not below the modulus, takes the same work and gives zeros.
   */
  rsaDecryptRaw(key: Extract<PrivateKey, { kind: 'rsa' }>, ciphertext: Uint8Array, random: Random): Uint8Array;
  /**
   * RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1). Throws TlsError ERR_CERT_UNSUPPORTED_KEY for a key that cannot encrypt, TlsUsageError
   * for a message too long.
   */
  rsaEncrypt(key: Extract<PublicKey, { kind: 'rsa' }>, message: Uint8Array, random: Random): Uint8Array;
  /** The public half of a private key. */
  publicKey(key: PrivateKey): PublicKey;
}
