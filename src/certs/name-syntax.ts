/**
 * What host names and mail addresses look like, for matching them and for constraining them.
 *
 * @see RFC 1034 §3.5 (preferred name syntax), RFC 5321 §4.1.2 (Mailbox), RFC 9598 §3 (SmtpUTF8Mailbox)
 * @module
 */
import { contextTag, decodeDer, expectTag, explicitOf, fieldsOf, readOid, TAG } from './der.ts';

/**
 * True for a host name in lower-case ASCII without a final dot: labels of 1 to 63 characters, 253 in all. As practised, labels
 * may have underscores anywhere and begin with a digit.
 */
export function isHostName(name: string): boolean {
  return name.length > 0 && name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
}

/** True for what is, or looks like, an IPv4 address: RFC 3696 §2, no top-level domain is a number. */
export function endsInNumber(name: string): boolean {
  return /(?:^|\.)\d+$/.test(name);
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** RFC 9525 §6.3: ASCII letters alone have a case: U+212A would otherwise become a k. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export interface Mailbox {
  /** Without the quotes and backslashes that it was written with. */
  readonly local: string;
  /** In lower case. */
  readonly host: string;
}

/** Reads "local@host" or "\"quoted local\"@host"; null for anything else, an address literal as host among them. */
export function parseMailbox(text: string): Mailbox | null {
  const at = text.lastIndexOf('@');
  const local = localPart(text.slice(0, Math.max(at, 0)));
  const host = asciiLowerCase(text.slice(at + 1));
  return local !== null && isHostName(host) ? { local, host } : null;
}

/**
 * The text of an otherName (its DER) that is an SmtpUTF8Mailbox, null for one of another type. Throws TlsError ERR_CERT_DECODE
 * for what is no otherName.
 */
export function readUtf8Mailbox(otherName: Uint8Array): string | null {
  const fields = fieldsOf(decodeDer(otherName), contextTag(0, 'constructed'));
  const type = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
  const value = fields.next(contextTag(0, 'constructed'));
  fields.end();
  if (type !== SMTP_UTF8_MAILBOX_OID) return null;
  const text = explicitOf(value);
  expectTag(text, TAG.UTF8_STRING);
  return new TextDecoder().decode(text.content);
}

const SMTP_UTF8_MAILBOX_OID = '1.3.6.1.5.5.7.8.9';

function localPart(text: string): string | null {
  if (ATOMS.test(text)) return text;
  const quoted = QUOTED.exec(text)?.[1];
  return quoted === undefined ? null : quoted.replace(/\\(.)/g, '$1');
}

// RFC 5321 §4.1.2: atoms with dots between them, or printable characters in quotes; RFC 6531 §3.3: beyond ASCII too.
const ATOM = "[\\w!#$%&'*+/=?^`{|}~\\u0080-\\u{10ffff}-]+";
const ATOMS = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x7e])+)"$/u;
