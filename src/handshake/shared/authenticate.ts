/**
 * The authentication block: what CertificateVerify signs, and the proofs that a peer's messages establish.
 *
 * A proof value can be made only by the check that it stands for, so a state that holds one has passed it.
 *
 * @see RFC 9846 §4.5.2 (CertificateVerify), §4.5.3 (Finished)
 * @module
 */

import type { Credential } from '../../certs/credential.ts';
import { decodeWith } from '../../certs/signature-cache.ts';
import type { CryptoProvider, PublicKey } from '../../crypto/provider.ts';
import { constantTimeEqual, wipe } from '../../crypto/secret.ts';
import { keyOf } from '../../crypto/signer.ts';
import { fail } from '../../errors/errors.ts';
import { computeVerifyData } from '../../keys/schedule13.ts';
import type { HashName, SignatureScheme, SignatureSchemeName } from '../../params/algorithms.ts';
import { ocspResponseExtension, signedCertificateTimestampExtension } from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { CertificateVerify, Extension } from '../../wire/messages.ts';
import type { ClientConfig, ServerConfig } from './config.ts';

declare const possessed: unique symbol;
declare const checked: unique symbol;

/** The peer has signed this handshake with the key of the certificate it presented. */
export interface KeyPossession {
  readonly [possessed]: true;
  readonly scheme: SignatureSchemeName;
}

/** The peer's Finished matched. */
export interface FinishedChecked {
  readonly [checked]: true;
}

const PREFIX_LENGTH = 64;

/** §4.5.2: 64 spaces, the context string of the signer's role, a zero byte, the transcript hash. */
export function certificateVerifyContent(signer: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  const context = new TextEncoder().encode(`TLS 1.3, ${signer} CertificateVerify`);
  const content = new Uint8Array(PREFIX_LENGTH + context.length + 1 + transcriptHash.length);
  content.fill(0x20, 0, PREFIX_LENGTH);
  content.set(context, PREFIX_LENGTH);
  content.set(transcriptHash, PREFIX_LENGTH + context.length + 1);
  return content;
}

/**
 * Checks a CertificateVerify against the key of the peer's certificate.
 *
 * @param accepted the schemes that this side listed in signature_algorithms.
 */
export function provePossession(
  crypto: CryptoProvider,
  accepted: readonly SignatureScheme[],
  key: PublicKey,
  content: Uint8Array,
  message: CertificateVerify,
): KeyPossession {
  // §4.5.2: the scheme is one that was listed; §4.3.3: those for certificates alone do not sign handshakes.
  const scheme = accepted.find(({ code, handshake13 }) => code === message.scheme && handshake13);
  if (scheme === undefined) {
    fail('ERR_TLS_UNOFFERED_SIGNATURE_SCHEME', `0x${message.scheme.toString(16).padStart(4, '0')}`);
  }
  // §4.5.2: the scheme fits the key of the end-entity certificate.
  if (keyOf(key) !== scheme.key) fail('ERR_TLS_SCHEME_KEY_MISMATCH', `${scheme.name} with a key for ${keyOf(key)}`);
  // §4.5.2: a signature that does not verify ends the handshake.
  if (!crypto.verify(scheme.algorithm, key, content, message.signature)) {
    fail('ERR_TLS_BAD_CERTIFICATE_VERIFY', scheme.name);
  }
  return { scheme: scheme.name } as KeyPossession;
}

/** §4.5.3: the peer's verify_data, compared in constant time. */
export function checkFinished(
  crypto: CryptoProvider,
  hash: HashName,
  peerSecret: Uint8Array,
  transcriptHash: Uint8Array,
  verifyData: Uint8Array,
): FinishedChecked {
  const expected = computeVerifyData(crypto, hash, peerSecret, transcriptHash);
  // §4.5.3: verify_data is as long as the hash, so another length does not decode.
  if (verifyData.length !== expected.length) fail('ERR_TLS_DECODE', `verify_data of ${verifyData.length} bytes`);
  const equal = constantTimeEqual(verifyData, expected);
  wipe(expected);
  if (!equal) fail('ERR_TLS_BAD_FINISHED');
  return {} as FinishedChecked;
}

/** This side's Finished over the transcript so far. */
export function encodeFinished(
  crypto: CryptoProvider,
  hash: HashName,
  ownSecret: Uint8Array,
  transcriptHash: Uint8Array,
): Uint8Array {
  return encodeHandshake({
    type: 'finished',
    verifyData: computeVerifyData(crypto, hash, ownSecret, transcriptHash),
  });
}

/** A Certificate message with this chain (DER, leaf first; empty for a client that has none to show). */
export function encodeCertificate(
  chain: readonly Uint8Array[],
  context: Uint8Array,
  leafExtensions: readonly Extension[] = [],
): Uint8Array {
  return encodeHandshake({
    type: 'certificate',
    context,
    entries: chain.map((certificate, i) => ({ certificate, extensions: i === 0 ? leafExtensions : [] })),
  });
}

/** §4.5.1.1: what a credential has beside its leaf, as far as the peer asked for it. */
export function staples(credential: Credential, status: boolean, timestamps: boolean): readonly Extension[] {
  const { ocspResponse, signedCertificateTimestamps } = credential;
  return [
    ...(status && ocspResponse !== null ? [ocspResponseExtension(ocspResponse)] : []),
    ...(timestamps && signedCertificateTimestamps.length > 0
      ? [signedCertificateTimestampExtension(signedCertificateTimestamps)]
      : []),
  ];
}

/**
 * The key of the end-entity certificate of a Certificate message that has one, within the limit on entries. `usage`: what the
 * key has to do in this handshake.
 */
export function presentedKey(
  certificates: readonly Uint8Array[],
  { trust, crypto }: ClientConfig | ServerConfig,
  limit: number,
  usage: 'digitalSignature' | 'keyEncipherment' = 'digitalSignature',
): PublicKey {
  const { length } = certificates;
  if (length > limit) fail('ERR_TLS_TOO_MANY_CERTIFICATES', `${length} of at most ${limit}`);
  const [der] = certificates;
  if (der === undefined) fail('ERR_TLS_INTERNAL');
  // §4.5.1: the sender's own certificate comes first.
  const { publicKey, extensions } = decodeWith(trust, crypto, der);
  if (publicKey === null) fail('ERR_CERT_UNSUPPORTED_KEY');
  // §4.5.1.2: where there is a keyUsage, it allows what the handshake needs; RFC 5246 §7.4.2 for encryption.
  if (extensions.keyUsage !== null && !extensions.keyUsage.includes(usage)) fail('ERR_CERT_KEY_USAGE', usage);
  return publicKey;
}
