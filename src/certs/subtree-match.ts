/**
 * Whether a name lies within a subtree, for each form of name that can be constrained.
 *
 * A wildcard stands for many names at once: it lies within a subtree when all of them do, and touches one when any of them
 * does. What is permitted must lie within; what is excluded must not touch.
 *
 * @see RFC 5280 §4.2.1.10, RFC 9549 §2.3, RFC 9598 §6
 * @module
 */
import type { GeneralName } from './general-name.ts';
import type { GeneralSubtree } from './general-subtree.ts';
import { asciiLowerCase, endsInNumber, isHostName, parseMailbox } from './name-syntax.ts';

/** A name that can be compared. Texts are in lower case, but for the local part of a mailbox. */
export type ComparableName =
  /** `wildcard`: any one label in front of `host`. */
  | { readonly form: 'dns'; readonly host: string; readonly wildcard: boolean }
  | { readonly form: 'email'; readonly local: string; readonly host: string }
  | { readonly form: 'uri'; readonly host: string }
  | { readonly form: 'ip'; readonly address: Uint8Array }
  | { readonly form: 'directory'; readonly key: string };

/** A subtree that names can be compared with. */
export type ComparableSubtree =
  /** `below`: the host itself is not meant, only what has labels in front of it. An empty host means every name. */
  | { readonly form: 'dns' | 'uri'; readonly host: string; readonly below: boolean }
  /** `local`: one mailbox; null: every one at the host or hosts. */
  | { readonly form: 'email'; readonly local: string | null; readonly host: string; readonly below: boolean }
  | { readonly form: 'ip'; readonly address: Uint8Array; readonly mask: Uint8Array }
  | { readonly form: 'directory'; readonly key: string };

/** Null for a name that cannot be compared: one that is malformed, or of a form that nothing is known of. */
export function comparableName(name: GeneralName): ComparableName | null {
  switch (name.kind) {
    case 'dns': {
      const wildcard = name.text.startsWith('*.');
      const host = asciiLowerCase(wildcard ? name.text.slice(2) : name.text);
      return isHostName(host) ? { form: 'dns', host, wildcard } : null;
    }
    case 'email': {
      const mailbox = parseMailbox(name.text);
      return mailbox === null ? null : { form: 'email', ...mailbox };
    }
    case 'uri': {
      const host = hostOfUri(name.text);
      return host === null ? null : { form: 'uri', host };
    }
    case 'ip':
      return { form: 'ip', address: name.bytes };
    case 'directory':
      return { form: 'directory', key: name.name.key };
    case 'other':
      return null;
  }
}

/** Null for a subtree whose base is malformed, or of a form that nothing is known of. */
export function comparableSubtree({ base }: GeneralSubtree): ComparableSubtree | null {
  switch (base.kind) {
    case 'dns':
    case 'uri': {
      const hosts = hostsOf(base.text);
      return hosts === null ? null : { form: base.kind, ...hosts };
    }
    case 'email': {
      // RFC 9549 §2.2 has taken single mailboxes away; they are still understood where a certificate has them.
      if (base.text.includes('@')) {
        const mailbox = parseMailbox(base.text);
        return mailbox === null ? null : { form: 'email', ...mailbox, below: false };
      }
      const hosts = hostsOf(base.text);
      return hosts === null ? null : { form: 'email', local: null, ...hosts };
    }
    case 'ip': {
      const length = base.bytes.length / 2;
      const mask = base.bytes.subarray(length);
      return isPrefixMask(mask) ? { form: 'ip', address: base.bytes.subarray(0, length), mask } : null;
    }
    case 'directory':
      return { form: 'directory', key: base.name.key };
    case 'other':
      return null;
  }
}

/** True if all that the name stands for is in the subtree. */
export function liesWithin(name: ComparableName, subtree: ComparableSubtree): boolean {
  // Every name of a wildcard has a label in front, and is thus below its host.
  if (name.form === 'dns' && subtree.form === 'dns' && name.wildcard) return isBelowOrAt(name.host, subtree.host);
  return isInSubtree(name, subtree);
}

/** True if any of what the name stands for is in the subtree. */
export function touches(name: ComparableName, subtree: ComparableSubtree): boolean {
  if (liesWithin(name, subtree)) return true;
  if (name.form !== 'dns' || subtree.form !== 'dns' || !name.wildcard || subtree.below) return false;
  // "*.example.com" stands for "host.example.com" too, though not for anything further down.
  const { host } = subtree;
  return host.indexOf('.') === host.length - name.host.length - 1 && host.endsWith(`.${name.host}`);
}

function isInSubtree(name: ComparableName, subtree: ComparableSubtree): boolean {
  // §4.2.1.10: a host, and for dNSName what is made by adding labels to its left.
  if (name.form === 'dns' && subtree.form === 'dns') {
    return isBelowOrAt(name.host, subtree.host) && !(subtree.below && name.host === subtree.host);
  }
  // §4.2.1.10: a host and no other, or with a period in front all that is below it.
  if (name.form === 'uri' && subtree.form === 'uri') return isHostOf(name.host, subtree);
  if (name.form === 'email' && subtree.form === 'email') {
    return isHostOf(name.host, subtree) && (subtree.local === null || subtree.local === name.local);
  }
  if (name.form === 'ip' && subtree.form === 'ip') return isInRange(name.address, subtree);
  if (name.form === 'directory' && subtree.form === 'directory') return isPrefix(subtree.key, name.key);
  return false;
}

function isBelowOrAt(host: string, base: string): boolean {
  return base === '' || host === base || host.endsWith(`.${base}`);
}

function isHostOf(host: string, base: { readonly host: string; readonly below: boolean }): boolean {
  if (base.host === '') return true;
  return base.below ? host.endsWith(`.${base.host}`) : host === base.host;
}

/** An IPv4 range holds no IPv6 address, and the reverse. */
function isInRange(address: Uint8Array, range: { readonly address: Uint8Array; readonly mask: Uint8Array }): boolean {
  if (address.length !== range.address.length) return false;
  return range.mask.every((mask, i) => (((address[i] ?? 0) ^ (range.address[i] ?? 0)) & mask) === 0);
}

/** Both are keys of DistinguishedNames, whose relative names are quoted and have commas between them. */
function isPrefix(base: string, key: string): boolean {
  return base === '' || key === base || key.startsWith(`${base},`);
}

/**
 * A base of hosts, "" for all of them.
 *
 * Deviation: §4.2.1.10 has the leading period for URIs and mail alone. A dNSName ".example.com" is in use, in public roots
 * too, and is taken in the same sense: what is below, and not the host itself.
 */
function hostsOf(text: string): { readonly host: string; readonly below: boolean } | null {
  if (text === '') return { host: '', below: false };
  const below = text.startsWith('.');
  const host = asciiLowerCase(below ? text.slice(1) : text);
  return isHostName(host) ? { host, below } : null;
}

/** §4.2.1.10: the host of a URI's authority, which must be a name; an address is none. */
function hostOfUri(text: string): string | null {
  const host = asciiLowerCase(AUTHORITY.exec(text)?.[1] ?? '');
  return isHostName(host) && !endsInNumber(host) ? host : null;
}

// RFC 3986 §3.1, §3.2: scheme, userinfo, host and port; what follows is of no interest here.
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.~!$&'()*+,;=:%-]*@)?([\w.-]+)(?::\d*)?(?:[/?#]|$)/i;

/** RFC 4632 §3.1: ones, then zeros. */
function isPrefixMask(mask: Uint8Array): boolean {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits);
}
