/**
 * Whether a certificate is for the name that was asked for.
 *
 * Only subjectAltName counts, never a common name. A name that is malformed matches nothing, on either side; what is no
 * IA5String or no address at all has refused the certificate before.
 *
 * @see RFC 9525 §6 (Verifying Service Identity)
 * @module
 */
import { type Certificate, sameBytes } from './certificate.ts';
import type { SubjectAltName } from './extensions.ts';
import { asciiLowerCase, endsInNumber, isHostName, parseMailbox, readUtf8Mailbox } from './name-syntax.ts';

/**
 * The identity that a caller expects its peer to have. A host name is in ASCII: international names are written in A-labels,
 * as `new URL(…).hostname` gives them; one in U-labels matches nothing.
 */
export type ReferenceName = { readonly dns: string } | { readonly ip: string } | { readonly email: string };

/** True if the certificate's subjectAltName has the reference name. */
export function matchesCertificate(certificate: Certificate, reference: ReferenceName): boolean {
  // RFC 9525 §2: the common name is not looked at, even where there is no subjectAltName.
  const names = certificate.extensions.subjectAltName;
  if (names === null) return false;
  if ('dns' in reference) return names.dns.some((pattern) => matchesDnsName(pattern, reference.dns));
  if ('email' in reference) return matchesAddress(names, reference.email);
  const wanted = parseIp(reference.ip);
  return wanted !== null && names.ip.some((address) => sameBytes(address, wanted));
}

/**
 * True if a dNSName of a certificate matches a host name. The host name is in ASCII (A-labels for international names) and
 * may end with a dot.
 */
export function matchesDnsName(pattern: string, name: string): boolean {
  const reference = asciiLowerCase(name.endsWith('.') ? name.slice(0, -1) : name);
  // §6.4: an address literal is compared with iPAddress entries alone.
  if (!isHostName(reference) || endsInNumber(reference)) return false;
  const presented = asciiLowerCase(pattern);
  if (isHostName(presented)) return presented === reference;

  // §6.3: a wildcard is the whole left-most label, and there is only one.
  const suffix = presented.startsWith('*.') ? presented.slice(2) : '';
  // A wildcard below a top-level domain would be for everyone's names.
  if (!isHostName(suffix) || !suffix.includes('.')) return false;
  // §6.3: it stands for exactly one label.
  const dot = reference.indexOf('.');
  return dot > 0 && reference.slice(dot + 1) === suffix;
}

/** RFC 9549 §2.5: the local part by case, the host without. Both are read as a Mailbox; an address literal is no host. */
export function matchesEmail(address: string, wanted: string): boolean {
  const [a, b] = [parseMailbox(address), parseMailbox(wanted)];
  return a !== null && b !== null && a.local === b.local && a.host === b.host;
}

/**
 * The bytes of an address literal: four for IPv4 (four decimal numbers without leading zeros), sixteen for IPv6 (RFC 4291
 * §2.2, without brackets or zone), or null.
 */
export function parseIp(text: string): Uint8Array | null {
  if (!text.includes(':')) return parseIp4(text);
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined];

  // RFC 4291 §2.2.3: the last 32 bits may be written as an IPv4 address.
  const last = tail ?? head;
  const embedded = parseIp4(last[last.length - 1] ?? '');
  if (embedded !== null) {
    const pairs = [0, 2].map((i) => (((embedded[i] ?? 0) << 8) | (embedded[i + 1] ?? 0)).toString(16));
    last.splice(-1, 1, ...pairs);
  }
  const missing = 8 - head.length - (tail?.length ?? 0);
  // RFC 4291 §2.2.2: "::" stands for one group of zeros or more.
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function parseIp4(text: string): Uint8Array | null {
  const parts = text.split('.');
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return valid ? Uint8Array.from(parts, Number) : null;
}

/** RFC 9598 §3: an address whose local part is not ASCII is an otherName. */
function matchesAddress(names: SubjectAltName, wanted: string): boolean {
  if (names.email.some((address) => matchesEmail(address, wanted))) return true;
  return names.others.some(({ tag, der }) => {
    const mailbox = tag === 0 ? readUtf8Mailbox(der) : null;
    return mailbox !== null && matchesEmail(mailbox, wanted);
  });
}
