/**
 * TLS 1.2: which schemes may be used, and the check of a signature.
 *
 * A scheme is a hash and an algorithm here: ECDSA is not tied to a curve (RFC 9846 §4.3.3), and RSA PKCS#1 signs handshakes.
 *
 * @see RFC 5246 §7.4.1.4.1 (Signature Algorithms), §7.4.3, §7.4.8
 * @module
 */
import type { CryptoProvider, PublicKey } from '../../crypto/provider.ts';
import { keyOf, schemeFits } from '../../crypto/signer.ts';
import { fail } from '../../errors/errors.ts';
import type { ErrorCode } from '../../errors/refusals.ts';
import { byCode, SIGNATURE_SCHEMES, type SignatureScheme } from '../../params/algorithms.ts';
import type { KeyPossession } from './authenticate.ts';
import type { CommonConfig } from './config.ts';

/**
 * The peer's schemes that this side may sign with: all that are usual, and those with SHA-1 where its own list or one of its
 * credentials names them. §7.4.1.4.1: a hello without the list stands for SHA-1.
 */
export function allowedSchemes(
  { signatureSchemes, credentials }: CommonConfig,
  offered: readonly number[] | undefined,
): readonly number[] {
  const own = [...signatureSchemes, ...credentials.flatMap(({ schemes }) => schemes)];
  const listed = new Set(own.map(({ code }) => code));
  return (offered ?? SHA1).filter((code) => listed.has(code) || byCode(SIGNATURE_SCHEMES, code)?.byDefault === true);
}

const SHA1: readonly number[] = SIGNATURE_SCHEMES.flatMap(({ name, code }) => (name.endsWith('_sha1') ? [code] : []));

/**
 * Checks the signature of a ServerKeyExchange or CertificateVerify with the key of the peer's certificate.
 *
 * @param accepted the schemes that this side listed.
 * @param wrong the code for a signature that does not verify.
 */
export function provePossession12(
  crypto: CryptoProvider,
  accepted: readonly SignatureScheme[],
  key: PublicKey,
  content: Uint8Array,
  signed: { readonly scheme: number; readonly signature: Uint8Array },
  wrong: ErrorCode,
): KeyPossession {
  // §7.4.3, §7.4.8: a pair of hash and signature algorithm that was listed.
  const scheme = accepted.find(({ code }) => code === signed.scheme);
  if (scheme === undefined) {
    fail('ERR_TLS_UNOFFERED_SIGNATURE_SCHEME', `0x${signed.scheme.toString(16).padStart(4, '0')}`);
  }
  // §7.4.3: and one that fits the key.
  if (!schemeFits(scheme, key, 'TLS 1.2'))
    fail('ERR_TLS_SCHEME_KEY_MISMATCH', `${scheme.name} with a key for ${keyOf(key)}`);
  if (!crypto.verify(scheme.algorithm, key, content, signed.signature)) fail(wrong, scheme.name);
  return { scheme: scheme.name } as KeyPossession;
}
