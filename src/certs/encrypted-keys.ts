/**
 * Private keys under a passphrase: PKCS#8 with PBES2, as `openssl pkcs8 -topk8` writes them.
 *
 * The structures are read by pkijs, which is large: this is an entry of its own, which no connection loads.
 *
 * @see RFC 5958 §3 (EncryptedPrivateKeyInfo), RFC 8018 §6.2 (PBES2), Appendix A; RFC 7914 §7 (scrypt)
 * @module
 */
import { fromBER } from 'asn1js';
import { type AlgorithmIdentifier, PBES2Params, PBKDF2Params, PKCS8ShroudedKeyBag } from 'pkijs';
import { derivePbkdf2, deriveScrypt, openAesCbc } from '../crypto/noble/passphrase.ts';
import type { PrivateKey } from '../crypto/provider.ts';
import { TlsConfigError, TlsError } from '../errors/errors.ts';
import type { HashName } from '../params/algorithms.ts';
import { copyOf, decodeDer, fieldsOf, readOctets, readSmallInteger, TAG } from './der.ts';
import { readPrivateKey } from './keys.ts';
import { decodePem } from './pem.ts';

/** How much work a file may ask for. */
export interface PassphraseLimits {
  /** Iterations of PBKDF2; default 2,000,000, some seconds. */
  readonly iterations?: number | undefined;
  /** Bytes that scrypt writes and reads, 128·N·r·p; default 2^27, eight times what openssl asks for. All at once with p of 1. */
  readonly scryptBytes?: number | undefined;
}

/**
 * Reads an encrypted private key: PEM (the first ENCRYPTED PRIVATE KEY among its blocks) or DER. PBKDF2 with HMAC-SHA-1 or
 * SHA-2, or scrypt; AES-128, -192 or -256 in CBC mode. A passphrase in text is taken as UTF-8.
 *
 * @throws TlsConfigError `ERR_CONFIG_PASSPHRASE` where the passphrase is another one; `ERR_CONFIG_KEY` for a file that is not
 * one of these, asks for more work than `limits` or holds a key that cannot be used; `ERR_CONFIG_PEM`.
 * @example
 * const key = readEncryptedPrivateKey(pem, 'correct horse battery staple');
 */
export function readEncryptedPrivateKey(
  input: string | Uint8Array,
  passphrase: string | Uint8Array,
  limits: PassphraseLimits = {},
): PrivateKey {
  const der = typeof input === 'string' ? encryptedBlock(input) : copyOf(input);
  const { algorithm, ciphertext } = readEnvelope(der);
  const { derivation, cipher } = readSchemes(algorithm);
  const { keyLength, iv } = readCipher(cipher);
  const secret = typeof passphrase === 'string' ? new TextEncoder().encode(passphrase) : passphrase;
  const key = deriveKey(derivation, secret, keyLength, limits);

  const plaintext = openAesCbc(key, iv, ciphertext);
  key.fill(0);
  // One wrong passphrase in 256 leaves something that looks padded, but no structure.
  if (plaintext === null || !isDer(plaintext)) {
    throw new TlsConfigError('ERR_CONFIG_PASSPHRASE', 'the passphrase does not open the private key');
  }
  try {
    return readPrivateKey(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
} as const;

/** RFC 8018 Appendix B.1: HMAC by the hash. */
const PRF: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** AES in CBC mode by the bytes of the key. */
const KEY_LENGTH: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.1.2': 16,
  '2.16.840.1.101.3.4.1.22': 24,
  '2.16.840.1.101.3.4.1.42': 32,
};

function encryptedBlock(text: string): Uint8Array {
  const blocks = decodePem(text);
  const block = blocks.find(({ label }) => label === 'ENCRYPTED PRIVATE KEY');
  if (block !== undefined) return block.der;
  if (/^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    return refuse(
      'the old encryption of PEM is not supported; openssl pkcs8 -topk8 -v2 aes-256-cbc writes the new one',
    );
  }
  return refuse('no ENCRYPTED PRIVATE KEY block');
}

/** EncryptedPrivateKeyInfo, which PKCS#12 calls a shrouded key bag. */
function readEnvelope(der: Uint8Array): { readonly algorithm: AlgorithmIdentifier; readonly ciphertext: Uint8Array } {
  return reading('an EncryptedPrivateKeyInfo', () => {
    // Our own decoder first: pkijs is given nothing that is not DER of a bounded size.
    decodeDer(der);
    const envelope = new PKCS8ShroudedKeyBag({ schema: schemaOf(der) });
    return {
      algorithm: envelope.encryptionAlgorithm,
      ciphertext: envelope.encryptedData.valueBlock.valueHexView,
    };
  });
}

function readSchemes(algorithm: AlgorithmIdentifier): {
  readonly derivation: AlgorithmIdentifier;
  readonly cipher: AlgorithmIdentifier;
} {
  // The schemes of PKCS#5 v1.5 and PKCS#12 rest on DES, RC2 and MD5.
  if (algorithm.algorithmId !== OID.pbes2) refuse(`an encryption that is not supported (${algorithm.algorithmId})`);
  return reading('PBES2 parameters', () => {
    const parameters = new PBES2Params({ schema: algorithm.algorithmParams });
    return { derivation: parameters.keyDerivationFunc, cipher: parameters.encryptionScheme };
  });
}

function readCipher(cipher: AlgorithmIdentifier): { readonly keyLength: number; readonly iv: Uint8Array } {
  const keyLength = KEY_LENGTH[cipher.algorithmId] ?? refuse(`a cipher that is not supported (${cipher.algorithmId})`);
  const iv = reading('an initialization vector', () => readOctets(decodeDer(encodedParameters(cipher))));
  if (iv.length !== 16) refuse(`an initialization vector of ${iv.length} bytes`);
  return { keyLength, iv };
}

function deriveKey(
  derivation: AlgorithmIdentifier,
  passphrase: Uint8Array,
  length: number,
  limits: PassphraseLimits,
): Uint8Array {
  switch (derivation.algorithmId) {
    case OID.pbkdf2:
      return byPbkdf2(derivation, passphrase, length, limits.iterations ?? 2_000_000);
    case OID.scrypt:
      return byScrypt(derivation, passphrase, length, limits.scryptBytes ?? 2 ** 27);
    default:
      return refuse(`a key derivation that is not supported (${derivation.algorithmId})`);
  }
}

function byPbkdf2(derivation: AlgorithmIdentifier, passphrase: Uint8Array, length: number, most: number): Uint8Array {
  const { salt, iterations, keyLength, hash } = reading('PBKDF2 parameters', () => {
    const parameters = new PBKDF2Params({ schema: derivation.algorithmParams });
    return {
      salt: readOctets(decodeDer(new Uint8Array(parameters.salt.toBER(false)))),
      iterations: parameters.iterationCount,
      keyLength: parameters.keyLength,
      // Appendix A.2: HMAC-SHA-1 where it is absent.
      hash: parameters.prf === undefined ? ('sha1' as const) : PRF[parameters.prf.algorithmId],
    };
  });
  if (hash === undefined) return refuse('a pseudorandom function that is not supported');
  // Appendix A.2: a length that is given is that of the cipher's key.
  if (keyLength !== undefined && keyLength !== length) refuse(`a key of ${keyLength} bytes for a cipher of ${length}`);
  if (!(iterations >= 1 && iterations <= most)) refuse(`${iterations} iterations, where 1 to ${most} are allowed`);
  return derivePbkdf2(hash, passphrase, salt, iterations, length);
}

/** pkijs does not know the parameters of scrypt. */
function byScrypt(derivation: AlgorithmIdentifier, passphrase: Uint8Array, length: number, most: number): Uint8Array {
  const { salt, N, r, p, keyLength } = reading('scrypt parameters', () => {
    const fields = fieldsOf(decodeDer(encodedParameters(derivation)));
    const parameters = {
      salt: readOctets(fields.next()),
      N: readSmallInteger(fields.next()),
      r: readSmallInteger(fields.next()),
      p: readSmallInteger(fields.next()),
      keyLength: fields.optional(TAG.INTEGER),
    };
    fields.end();
    return parameters;
  });
  // RFC 7914 §2: N is a power of two above 1.
  const isPower = N > 1 && (N & (N - 1)) === 0;
  if (!isPower || r < 1 || p < 1) refuse('scrypt parameters out of range');
  if (128 * N * r * p > most) refuse(`scrypt over ${128 * N * r * p} bytes, where ${most} are allowed`);
  if (keyLength !== null && readSmallInteger(keyLength) !== length) refuse('a key of another length than the cipher');
  return deriveScrypt(passphrase, salt, { N, r, p }, length);
}

function schemaOf(der: Uint8Array) {
  const { offset, result } = fromBER(der);
  if (offset === -1) refuse('not ASN.1');
  return result;
}

/** The parameters as they stand in the file. */
function encodedParameters({ algorithmParams }: AlgorithmIdentifier): Uint8Array {
  return new Uint8Array(algorithmParams.toBER(false));
}

function isDer(bytes: Uint8Array): boolean {
  try {
    decodeDer(bytes);
    return true;
  } catch (error) {
    if (error instanceof TlsError) return false;
    throw error;
  }
}

function refuse(reason: string): never {
  throw new TlsConfigError('ERR_CONFIG_KEY', `the encrypted private key: ${reason}`);
}

/** pkijs throws errors of many kinds for what is not the structure it was told. */
function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TlsConfigError) throw cause;
    throw new TlsConfigError('ERR_CONFIG_KEY', `the encrypted private key: ${what} cannot be read`, { cause });
  }
}
