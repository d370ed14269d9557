/**
 * GeneralName: the forms in which a certificate, a name constraint or a CRL distribution point names somebody.
 *
 * Only the form is read here; what a text means is for those who compare it.
 *
 * @see RFC 5280 §4.2.1.6
 * @module
 */
import { fail } from '../errors/errors.ts';
import { contextTag, type DerElement, explicitOf, listOf, readOid, TAG } from './der.ts';
import { type DistinguishedName, readDistinguishedName } from './distinguished-name.ts';

export type GeneralName =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly text: string }
  | { readonly kind: 'ip'; readonly bytes: Uint8Array }
  | { readonly kind: 'directory'; readonly name: DistinguishedName }
  /** otherName (0), x400Address (3), ediPartyName (5), registeredID (8): the number of the tag, and the whole element. */
  | { readonly kind: 'other'; readonly tag: number; readonly der: Uint8Array };

/** The lengths of an iPAddress in a certificate: IPv4 or IPv6. */
const ADDRESS_LENGTHS: readonly number[] = [4, 16];

/** Reads GeneralNames, which has at least one; `tag` where it is tagged implicitly. */
export function readGeneralNames(element: DerElement, tag: number = TAG.SEQUENCE): readonly GeneralName[] {
  return listOf(element, tag).map((name) => readGeneralName(name));
}

/** Reads one GeneralName. `addressLengths`: how many bytes an iPAddress may have (with its mask in a constraint). */
export function readGeneralName(element: DerElement, addressLengths = ADDRESS_LENGTHS): GeneralName {
  switch (element.tag) {
    case contextTag(1, 'primitive'):
      return { kind: 'email', text: asciiOf(element.content) };
    case contextTag(2, 'primitive'):
      return { kind: 'dns', text: asciiOf(element.content) };
    case contextTag(6, 'primitive'):
      return { kind: 'uri', text: asciiOf(element.content) };
    case contextTag(4, 'constructed'):
      // X.680 §31.2.7: a CHOICE is tagged explicitly.
      return { kind: 'directory', name: readDistinguishedName(explicitOf(element)) };
    case contextTag(7, 'primitive'):
      if (!addressLengths.includes(element.content.length)) fail('ERR_CERT_DECODE', 'an address of a wrong length');
      return { kind: 'ip', bytes: element.content };
    case contextTag(8, 'primitive'):
      readOid(element, element.tag);
      return { kind: 'other', tag: 8, der: element.raw };
    case contextTag(0, 'constructed'):
    case contextTag(3, 'constructed'):
    case contextTag(5, 'constructed'):
      return { kind: 'other', tag: element.tag & 0x1f, der: element.raw };
    default:
      return fail('ERR_CERT_DECODE', 'a general name of an unknown form');
  }
}

/** An IA5String: seven bits each. */
function asciiOf(content: Uint8Array): string {
  let text = '';
  for (const byte of content) {
    if (byte > 0x7f) fail('ERR_CERT_DECODE', 'a name that is not ASCII');
    text += String.fromCharCode(byte);
  }
  return text;
}
