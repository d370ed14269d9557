/**
 * Certificates on paper: only what a path is judged by, neither encoded nor signed. For checks that never see a byte.
 *
 * @module
 */
import type { Certificate } from '../../src/certs/certificate.ts';
import { decodeDistinguishedName, encodeDistinguishedName } from '../../src/certs/distinguished-name.ts';
import { type CertificateExtensions, NO_EXTENSIONS } from '../../src/certs/extensions.ts';

export interface PaperOptions {
  readonly subject?: string;
  /** Default: another than the subject. */
  readonly issuer?: string;
  readonly extensions?: Partial<CertificateExtensions>;
}

export function paper({ subject = 'CN=Paper', issuer = 'CN=Mill', extensions = {} }: PaperOptions): Certificate {
  const part = {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    extensions: { ...NO_EXTENSIONS, ...extensions },
  };
  return part as unknown as Certificate;
}

const NAMES = new Map<string, Certificate['subject']>();

function nameOf(text: string): Certificate['subject'] {
  const name = NAMES.get(text) ?? decodeDistinguishedName(encodeDistinguishedName(text));
  NAMES.set(text, name);
  return name;
}
