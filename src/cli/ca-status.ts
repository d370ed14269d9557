/**
 * `isotls ca revoke`, `crl` and `ocsp`: what becomes of certificates after they were issued.
 *
 * @see RFC 5280 §5 (CRLs), RFC 6960 (OCSP)
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, decodeCertificate, sameBytes } from '../certs/certificate.ts';
import { REASON_NUMBER } from '../certs/crl-entries.ts';
import { generatePrivateKey, issueCertificate, validityFrom } from '../certs/issue.ts';
import { issueCrl, issueOcspResponse } from '../certs/issue-status.ts';
import { encodePem } from '../certs/pem.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import { days, misuse, parse, text } from './ca-arguments.ts';
import {
  appendRevoked,
  authoritiesIn,
  earliest,
  isReason,
  type KeptAuthority,
  random,
  readCertificates,
  readRevoked,
} from './ca-files.ts';

/** `ca revoke`: notes that a certificate is revoked; the next CRL and the next OCSP response say so. */
export function revoke(args: readonly string[]): string {
  const { values } = parse(args, { ...COMMON, cert: { type: 'string' }, reason: { type: 'string' } });
  const { certificate, authority } = subjectOf(values);
  const reason = text(values['reason']) ?? 'unspecified';
  const reasons = Object.keys(REASON_NUMBER).filter(isReason);
  if (!isReason(reason)) return misuse(`--reason ${reason} is none of ${reasons.join(', ')}`);
  if (readRevoked(authority).some(({ serial }) => sameBytes(serial, certificate.serial))) {
    throw new Error(`${certificate.subject.name} is revoked already`);
  }
  const date = new Date();
  appendRevoked(authority, certificate, date, reason);
  const facts = { revoked: certificate.subject.name, reason, date: date.toISOString() };
  return report(values, facts, `revoked ${facts.revoked} (${reason})\n`);
}

/** `ca crl`: the CRLs of the authority and of its intermediates, one PEM block each. */
export function crl(args: readonly string[]): string {
  const { values } = parse(args, { ...COMMON, out: { type: 'string' }, days: { type: 'string' } });
  const authorities = authoritiesIn(folderOf(values));
  const out = text(values['out']) ?? misuse('--out FILE is missing');
  const times = updateTimes(values, 30);
  const lists = authorities.map((authority) => {
    const revoked = readRevoked(authority);
    return {
      issuer: authority.certificate.subject.name,
      revoked: revoked.length,
      der: issueCrl(authority, { revoked, ...times, random }),
    };
  });
  writeFileSync(out, lists.map(({ der }) => encodePem('X509 CRL', der)).join(''));
  const facts = {
    crl: out,
    lists: lists.map(({ issuer, revoked }) => ({ issuer, revoked })),
    nextUpdate: times.nextUpdate,
  };
  const lines = lists.map(({ issuer, revoked }) => `${issuer}: ${revoked} revoked\n`);
  return report(values, facts, `CRL ${out}\n${lines.join('')}`);
}

/** `ca ocsp`: an OCSP response about one certificate, to be stapled. */
export function ocsp(args: readonly string[]): string {
  const { values } = parse(args, {
    ...COMMON,
    cert: { type: 'string' },
    out: { type: 'string' },
    days: { type: 'string' },
    delegate: { type: 'boolean' },
  });
  const { certificate, authority } = subjectOf(values);
  const out = text(values['out']) ?? misuse('--out FILE is missing');
  const times = updateTimes(values, 7);
  const entry = readRevoked(authority).find(({ serial }) => sameBytes(serial, certificate.serial));
  const status = entry === undefined ? 'good' : 'revoked';
  const der = issueOcspResponse(authority, {
    responses: [{ certificate, status, date: entry?.date, reason: entry?.reason }],
    responder: values['delegate'] === true ? delegateOf(authority) : undefined,
    ...times,
    random,
  });
  writeFileSync(out, der);
  const facts = { ocsp: out, certificate: certificate.subject.name, status, nextUpdate: times.nextUpdate };
  return report(values, facts, `OCSP response ${out}\n${certificate.subject.name}: ${status}\n`);
}

const COMMON = { ca: { type: 'string' }, json: { type: 'boolean' } } as const;

type Values = Readonly<Record<string, unknown>>;

function folderOf(values: Values): string {
  return text(values['ca']) ?? misuse('--ca DIR is missing');
}

/** The first certificate of --cert, and which of the authorities has issued it. */
function subjectOf(values: Values): { readonly certificate: Certificate; readonly authority: KeptAuthority } {
  const folder = folderOf(values);
  const file = text(values['cert']) ?? misuse('--cert FILE is missing');
  const [certificate] = readCertificates(file);
  const { signatureAlgorithm, tbs, signature } = certificate;
  const authority = authoritiesIn(folder).find(({ certificate: { subject, publicKey } }) => {
    if (subject.key !== certificate.issuer.key || publicKey === null || signatureAlgorithm === null) return false;
    return nobleProvider.verify(signatureAlgorithm, publicKey, tbs, signature);
  });
  if (authority === undefined)
    throw new Error(`${file}: not issued by ${join(folder, 'ca.pem')} or an intermediate of it`);
  return { certificate, authority };
}

/** A responder of its own, for this one response: its key is kept nowhere. */
function delegateOf(authority: KeptAuthority) {
  const key = generatePrivateKey('p256', random);
  const { notAfter } = authority.certificate.validity;
  const validity = validityFrom(new Date(), 30);
  const der = issueCertificate({
    subject: 'CN=isotls development OCSP responder',
    issuer: authority,
    publicKey: nobleProvider.publicKey(key),
    purposes: ['ocspSigning'],
    ocspNoCheck: true,
    notBefore: validity.notBefore,
    notAfter: earliest(validity.notAfter, notAfter),
    random,
  });
  return { certificate: decodeCertificate(der), key };
}

/** From a minute ago, since clocks differ. */
function updateTimes(values: Values, otherwise: number): { readonly thisUpdate: Date; readonly nextUpdate: Date } {
  const now = Date.now();
  return {
    thisUpdate: new Date(now - 60_000),
    nextUpdate: new Date(now + days(values['days'], otherwise) * 86_400_000),
  };
}

function report(values: Values, facts: object, lines: string): string {
  return values['json'] === true ? `${JSON.stringify(facts)}\n` : lines;
}
