/**
 * What part of an authority's certificates a CRL is about, and where a certificate says its CRLs are.
 *
 * @see RFC 5280 §4.2.1.13 (CRL Distribution Points), §5.2.5 (Issuing Distribution Point), §6.3.3 (b), (d)
 * @module
 */
import { fail } from '../errors/errors.ts';
import type { Certificate } from './certificate.ts';
import { contextTag, type DerElement, decodeDer, explicitOf, fieldsOf, listOf, readBits } from './der.ts';
import { encodeElement, encodeSequence } from './der-encode.ts';
import { type DistinguishedName, decodeDistinguishedName } from './distinguished-name.ts';
import { type GeneralName, readGeneralNames } from './general-name.ts';

/** Reasons 1 to 8 of ReasonFlags as the bits of a number; bit 0 is unused. */
export const ALL_REASONS = 0x1fe;

/** IssuingDistributionPoint. */
export interface IssuingDistributionPoint {
  /** Names in a form that can be compared; null: all distribution points. */
  readonly names: readonly string[] | null;
  readonly onlyUserCertificates: boolean;
  readonly onlyAuthorities: boolean;
  readonly onlyAttributeCertificates: boolean;
  readonly indirect: boolean;
  /** Bits of `ALL_REASONS`. */
  readonly reasons: number;
}

/** Reads an IssuingDistributionPoint of a CRL by `issuer`. Throws TlsError ERR_CERT_DECODE. */
export function decodeIssuingDistributionPoint(der: Uint8Array, issuer: DistinguishedName): IssuingDistributionPoint {
  const fields = fieldsOf(decodeDer(der));
  const name = fields.optional(contextTag(0, 'constructed'));
  const onlyUserCertificates = flagOf(fields.optional(contextTag(1, 'primitive')));
  const onlyAuthorities = flagOf(fields.optional(contextTag(2, 'primitive')));
  const reasons = fields.optional(contextTag(3, 'primitive'));
  const indirect = flagOf(fields.optional(contextTag(4, 'primitive')));
  const onlyAttributeCertificates = flagOf(fields.optional(contextTag(5, 'primitive')));
  fields.end();
  // §5.2.5: at most one of the three.
  if (Number(onlyUserCertificates) + Number(onlyAuthorities) + Number(onlyAttributeCertificates) > 1) {
    fail('ERR_CERT_DECODE', 'a CRL for more than one kind of certificates alone');
  }
  return Object.freeze({
    names: name === null ? null : pointNames(name, issuer),
    onlyUserCertificates,
    onlyAuthorities,
    onlyAttributeCertificates,
    indirect,
    reasons: reasons === null ? ALL_REASONS : reasonBits(reasons),
  });
}

/**
 * The reasons for which a CRL of this scope speaks about the certificate, whose issuer is the CRL's; 0: it does not. A malformed
 * cRLDistributionPoints throws TlsError ERR_CERT_DECODE.
 */
export function coveredReasons(scope: IssuingDistributionPoint, certificate: Certificate): number {
  const isAuthority = certificate.extensions.basicConstraints?.ca === true;
  // §6.3.3 (b)(2)(ii), (iii): the kind of certificate.
  if (scope.onlyUserCertificates && isAuthority) return 0;
  if (scope.onlyAuthorities && !isAuthority) return 0;
  const { names, reasons } = scope;
  if (names === null) return reasons;

  // §6.3.3: without distribution points of its own, a certificate's is the name of its issuer.
  const points = certificate.extensions.crlDistributionPoints;
  if (points === null) return names.includes(directory(certificate.issuer)) ? reasons : 0;

  // §6.3.3 (b)(2)(i): a name in common; (d): the reasons that both have.
  let covered = 0;
  for (const point of listOf(decodeDer(points))) {
    const { names: own, reasons: some, hasOtherIssuer } = readDistributionPoint(point, certificate.issuer);
    if (!hasOtherIssuer && own.some((name) => names.includes(name))) covered |= reasons & some;
  }
  return covered;
}

/** A DistributionPoint of a certificate. */
function readDistributionPoint(
  element: DerElement,
  issuer: DistinguishedName,
): { readonly names: readonly string[]; readonly reasons: number; readonly hasOtherIssuer: boolean } {
  const fields = fieldsOf(element);
  const name = fields.optional(contextTag(0, 'constructed'));
  const reasons = fields.optional(contextTag(1, 'primitive'));
  const issuers = fields.optional(contextTag(2, 'constructed'));
  fields.end();
  const issuerNames = issuers === null ? null : readGeneralNames(issuers, issuers.tag).map(comparable);
  return {
    // §6.3.3 (b)(2)(i): the names of cRLIssuer stand in for a name that is absent.
    names: name === null ? (issuerNames ?? []) : pointNames(name, issuer),
    reasons: reasons === null ? ALL_REASONS : reasonBits(reasons),
    // Limit: indirect CRLs are not supported, so that a point of another issuer leads nowhere.
    hasOtherIssuer: issuerNames !== null && !issuerNames.includes(directory(issuer)),
  };
}

/** DistributionPointName inside its explicit tag. */
function pointNames(element: DerElement, issuer: DistinguishedName): readonly string[] {
  const choice = explicitOf(element);
  if (choice.tag === contextTag(0, 'constructed')) return readGeneralNames(choice, choice.tag).map(comparable);
  if (choice.tag !== contextTag(1, 'constructed')) return fail('ERR_CERT_DECODE', 'a distribution point name');
  // §4.2.1.13: one more part below the issuer's name.
  const parts = [...decodeDer(issuer.der).children.map(({ raw }) => raw), encodeElement(0x31, choice.content)];
  return [directory(decodeDistinguishedName(encodeSequence(...parts)))];
}

function comparable(name: GeneralName): string {
  switch (name.kind) {
    case 'directory':
      return directory(name.name);
    case 'ip':
      return `ip ${name.bytes.join('.')}`;
    case 'other':
      return `other ${name.der.join('.')}`;
    default:
      return `${name.kind} ${name.text}`;
  }
}

function directory(name: DistinguishedName): string {
  return `directory ${name.key}`;
}

/** An implicitly tagged BOOLEAN, FALSE by default. */
function flagOf(element: DerElement | null): boolean {
  if (element === null) return false;
  const [value] = element.content;
  if (element.content.length !== 1 || (value !== 0 && value !== 0xff)) fail('ERR_CERT_DECODE', 'a boolean');
  return value === 0xff;
}

function reasonBits(element: DerElement): number {
  const { bytes } = readBits(element, element.tag);
  let bits = 0;
  for (let bit = 1; bit <= 8; bit++) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits |= 1 << bit;
  }
  // §5.2.5: no reason at all would be a list about nothing.
  if (bits === 0) fail('ERR_CERT_DECODE', 'a list of reasons without a reason');
  return bits;
}
