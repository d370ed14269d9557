/**
 * Wycheproof's signatures, each as the signature of a certificate: algorithm identifiers and keys are read from DER, and the
 * signature is judged where those of a path are.
 *
 * ECDSA goes through node's provider, for time; test/crypto has it with both.
 *
 * @module
 */
import { test } from 'node:test';
import type { Certificate } from '../../src/certs/certificate.ts';
import { decodeDer } from '../../src/certs/der.ts';
import { checkSignature } from '../../src/certs/path-validator.ts';
import { decodePublicKey } from '../../src/certs/public-key.ts';
import {
  encodeSignatureAlgorithm,
  readAlgorithmIdentifier,
  signatureAlgorithmOf,
} from '../../src/certs/signature-algorithm.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { Sha2Name, SignatureAlgorithm } from '../../src/params/algorithms.ts';
import { runWycheproof, type WycheproofCase } from '../crypto/wycheproof.ts';
import { bytes, codeOf, root } from './forge.ts';

const BASE = root().certificate;
const ACCOUNT = { signature: () => undefined };

interface Group {
  readonly publicKeyDer: string;
  readonly sha?: string;
  readonly mgfSha?: string;
  readonly sLen?: number;
}

interface Case extends WycheproofCase {
  readonly msg: string;
  readonly sig: string;
}

/** The algorithm as a certificate would name it. Throws for one that cannot be written. */
function named(algorithm: SignatureAlgorithm): SignatureAlgorithm | null {
  return signatureAlgorithmOf(readAlgorithmIdentifier(decodeDer(encodeSignatureAlgorithm(algorithm))));
}

function judged({ publicKeyDer }: Group, { msg, sig }: Case, algorithm: SignatureAlgorithm, crypto: CryptoProvider) {
  const certificate: Certificate = {
    ...BASE,
    tbs: bytes(msg),
    signature: bytes(sig),
    signatureAlgorithm: named(algorithm),
  };
  const issuer: Certificate = { ...BASE, publicKey: decodePublicKey(bytes(publicKeyDer)) };
  const code = codeOf(() => checkSignature(certificate, issuer, crypto, ACCOUNT));
  if (code !== null && code !== 'ERR_CERT_SIGNATURE') throw new Error(code);
  return code === null ? 'accepted' : 'refused';
}

function hashOf({ sha }: Group): Sha2Name | null {
  const name = sha?.toLowerCase().replace('-', '');
  return name === 'sha256' || name === 'sha384' || name === 'sha512' ? name : null;
}

for (const name of [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
]) {
  test(`certificates: ${name}`, (t) => {
    runWycheproof<Group, Case>(t, name, (one, group) =>
      judged(group, one, { kind: 'ecdsa', hash: hashOf(group) ?? 'sha256' }, nodeProvider),
    );
  });
}

for (const kind of ['ed25519', 'ed448'] as const) {
  test(`certificates: ${kind}`, (t) => {
    runWycheproof<Group, Case>(t, kind, (one, group) => judged(group, one, { kind }, nobleProvider));
  });
}

for (const bits of [2048, 3072, 4096]) {
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    const name = `rsa_signature_${bits}_${hash}`;
    test(`certificates: ${name}`, (t) => {
      const judge = (one: Case, group: Group) => judged(group, one, { kind: 'rsa-pkcs1', hash }, nobleProvider);
      // A DigestInfo without NULL: RFC 8017 A.2.4 demands it.
      runWycheproof<Group, Case>(t, name, judge, () => 'refused');
    });
  }
}

for (const name of [
  'rsa_pss_2048_sha256_mgf1_32',
  'rsa_pss_2048_sha384_mgf1_48',
  'rsa_pss_3072_sha256_mgf1_32',
  'rsa_pss_4096_sha384_mgf1_48',
  'rsa_pss_4096_sha512_mgf1_64',
  'rsa_pss_misc',
]) {
  test(`certificates: ${name}`, (t) => {
    runWycheproof<Group, Case>(t, name, (one, group) => {
      const hash = hashOf(group);
      if (hash === null || group.mgfSha !== group.sha)
        return { outOfScope: 'hashes that no certificate here may have' };
      return judged(group, one, { kind: 'rsa-pss', hash, saltLength: group.sLen ?? 0 }, nobleProvider);
    });
  });
}
