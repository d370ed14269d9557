/**
 * Certificates for tests, good and bad: issued by our own code, or taken apart, changed and signed again.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { type Certificate, decodeCertificate } from '../../src/certs/certificate.ts';
import { type DerElement, decodeDer } from '../../src/certs/der.ts';
import { encodeElement, encodeSequence } from '../../src/certs/der-encode.ts';
import {
  generatePrivateKey,
  type IssueInput,
  issueCertificate,
  type KeyKind,
  signatureAlgorithmFor,
  signCertificate,
} from '../../src/certs/issue.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { PrivateKey } from '../../src/crypto/provider.ts';
import { TlsError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { seeded } from '../crypto/randomness.ts';

export const NOW = new Date('2026-06-01T12:00:00Z');
export const DAY = 86_400_000;
export const random = seeded('certificates');

/** A certificate with its key. */
export interface Entity {
  readonly certificate: Certificate;
  readonly der: Uint8Array;
  readonly key: PrivateKey;
}

export type ForgeOptions = Partial<Omit<IssueInput, 'issuer' | 'publicKey'>> & {
  /** Null or absent: self-signed. */
  readonly issuer?: Entity | null;
  readonly key?: PrivateKey;
  readonly kind?: KeyKind;
};

/** A certificate that is right but for the options. Keys are P-256 unless told. */
export function forge(options: ForgeOptions): Entity {
  const { issuer = null, kind = 'p256', key = generatePrivateKey(kind, random), ...rest } = options;
  const der = issueCertificate({
    subject: 'CN=leaf.example',
    notBefore: new Date(NOW.getTime() - DAY),
    notAfter: new Date(NOW.getTime() + DAY),
    random,
    ...rest,
    issuer: { certificate: issuer?.certificate ?? null, key: issuer?.key ?? key },
    publicKey: nobleProvider.publicKey(key),
  });
  return { certificate: decodeCertificate(der), der, key };
}

export function root(options: ForgeOptions = {}): Entity {
  return forge({ subject: 'CN=Root', ca: {}, ...options });
}

export function intermediate(issuer: Entity, options: ForgeOptions = {}): Entity {
  return forge({ subject: 'CN=Intermediate', ca: {}, issuer, ...options });
}

export function server(issuer: Entity, options: ForgeOptions = {}): Entity {
  return forge({ names: ['leaf.example'], purposes: ['serverAuth'], issuer, ...options });
}

/**
 * The DER of `entity` with the fields of its TBSCertificate changed, signed again by `signer`. `edit` gets each field's DER
 * and returns the new ones.
 */
export function reforge(
  entity: Entity,
  signer: PrivateKey,
  edit: (fields: readonly Uint8Array[]) => readonly Uint8Array[],
): Uint8Array {
  const fields = decodeDer(entity.certificate.tbs).children.map(({ raw }) => raw);
  const tbs = encodeSequence(...edit(fields));
  return signCertificate(tbs, signatureAlgorithmFor(signer), signer, random);
}

/** The outer certificate with its three parts changed and nothing signed again. */
export function reassemble(
  der: Uint8Array,
  edit: (parts: readonly [DerElement, DerElement, DerElement]) => readonly Uint8Array[],
): Uint8Array {
  const [tbs, algorithm, signature] = decodeDer(der).children;
  assert.ok(tbs && algorithm && signature);
  return encodeSequence(...edit([tbs, algorithm, signature]));
}

/** The extensions of `entity` (each one's DER) changed, signed again. */
export function withExtensions(
  entity: Entity,
  signer: PrivateKey,
  edit: (extensions: readonly Uint8Array[]) => readonly Uint8Array[],
): Uint8Array {
  return reforge(entity, signer, (fields) =>
    fields.map((field) => {
      if (field[0] !== 0xa3) return field;
      const list = decodeDer(field).children[0]?.children.map(({ raw }) => raw) ?? [];
      return encodeElement(0xa3, encodeSequence(...edit(list)));
    }),
  );
}

/** The code that a call fails with; anything but a TlsError fails the test. */
export function codeOf(call: () => unknown): ErrorCode | null {
  try {
    call();
    return null;
  } catch (error) {
    assert.ok(error instanceof TlsError, `not a TlsError: ${error}`);
    return error.code;
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}
