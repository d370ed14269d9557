/**
 * Finds a path from a leaf to a trust anchor among the certificates at hand, in any order and with any number of dead ends.
 *
 * Depth first with backtracking: what refuses one candidate, or a whole path, leaves the others to be tried. Every step is paid
 * for from a budget, since the peer chooses most of the certificates. When there is no path, the most specific refusal met on
 * the way is the answer.
 *
 * @see RFC 5280 §6.1, RFC 4158 (path building)
 * @module
 */
import { TlsError } from '../errors/errors.ts';
import { type Certificate, isSelfIssued, sameBytes } from './certificate.ts';
import { isCurrent } from './certificate-form.ts';
import type { CertificateIndex } from './certificate-index.ts';
import { openAccount, type PathBudget } from './path-budget.ts';
import { checkIssuer, checkPath, checkSignature, type PathPolicy } from './path-validator.ts';
import type { SignatureCache } from './signature-cache.ts';

/** Why one candidate could not go on. */
export interface PathRefusal {
  /**
   * Subjects from the leaf up to the certificate that was refused or has no issuer; up to the anchor where the path as a whole
   * was refused; empty: none of the path's.
   */
  readonly path: readonly string[];
  readonly error: TlsError;
}

export interface PathSearch {
  readonly leaf: Certificate;
  readonly intermediates: CertificateIndex;
  readonly anchors: CertificateIndex;
  readonly policy: PathPolicy;
  /** Most certificates between leaf and anchor; self-issued ones are not counted. */
  readonly maxIntermediates: number;
  readonly budget: PathBudget;
  /** Null: each signature is verified. */
  readonly cache: SignatureCache | null;
}

type Path = readonly Certificate[];

/** The path, leaf first and anchor last, or null; `refuse` is told of every refusal. */
export function buildPath(search: PathSearch, refuse: (path: Path, error: TlsError) => void): Path | null {
  const { leaf, policy, maxIntermediates } = search;
  const account = openAccount(search.budget);
  const verified = new Map<Certificate, Map<Certificate, TlsError | null>>();
  const ordered = new Map<Certificate, Issuers>();
  try {
    const path = extend([leaf], 0);
    if (path !== null) search.cache?.keep(path);
    return path;
  } catch (error) {
    // A budget that is used up ends the search wherever it is.
    if (error !== account.overdraft() || !(error instanceof TlsError)) throw error;
    refuse([leaf], error);
    return null;
  }

  /** `counted`: how many intermediates of the path are not self-issued. */
  function extend(path: Path, counted: number): Path | null {
    const child = path[path.length - 1] as Certificate;
    const { anchors, intermediates } = issuersOf(child);
    let untried = true;
    for (const anchor of anchors) {
      if (isLoop(anchor, path)) continue;
      untried = false;
      const whole = [...path, anchor];
      if (accepts(anchor, path, 'anchor') && completes(whole)) return whole;
    }
    for (const issuer of intermediates) {
      if (isLoop(issuer, path)) continue;
      untried = false;
      const longer = [...path, issuer];
      const count = counted + (isSelfIssued(issuer) ? 0 : 1);
      if (count > maxIntermediates) {
        refuse(longer, new TlsError('ERR_CERT_BUDGET', { detail: `over ${maxIntermediates} intermediates` }));
        continue;
      }
      const found = accepts(issuer, path, 'intermediate') ? extend(longer, count) : null;
      if (found !== null) return found;
    }
    if (untried) refuse(path, new TlsError('ERR_CERT_UNKNOWN_ISSUER', { detail: child.issuer.name }));
    return null;
  }

  function issuersOf(child: Certificate): Issuers {
    const known = ordered.get(child);
    if (known !== undefined) return known;
    const issuers = {
      anchors: inOrder(search.anchors.find(child.issuer), child, policy.time),
      intermediates: inOrder(search.intermediates.find(child.issuer), child, policy.time),
    };
    ordered.set(child, issuers);
    return issuers;
  }

  /** RFC 4158 §2.4.2: one name with one key twice in a path is a loop. */
  function isLoop(issuer: Certificate, path: Path): boolean {
    account.step();
    return path.some((other) => isSameEntity(issuer, other));
  }

  function accepts(issuer: Certificate, path: Path, kind: 'intermediate' | 'anchor'): boolean {
    const child = path[path.length - 1] as Certificate;
    const error = refusalOf(() => checkIssuer(issuer, path, policy, kind)) ?? signatureRefusal(child, issuer);
    if (error !== null) refuse([...path, issuer], error);
    return error === null;
  }

  function completes(path: Path): boolean {
    account.path();
    const error = refusalOf(() => checkPath(path, policy, account));
    if (error !== null) refuse(path, error);
    return error === null;
  }

  /** The costly check, last and once for each pair. */
  function signatureRefusal(child: Certificate, issuer: Certificate): TlsError | null {
    const known = verified.get(child) ?? new Map<Certificate, TlsError | null>();
    verified.set(child, known);
    const earlier = known.get(issuer);
    if (earlier !== undefined) return earlier;
    if (search.cache?.has(child, issuer) === true) return null;
    const error = refusalOf(() => checkSignature(child, issuer, policy.crypto, account));
    known.set(issuer, error);
    return error;
  }

  function refusalOf(check: () => void): TlsError | null {
    let refusal: TlsError | null = null;
    try {
      check();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      refusal = error;
    }
    // Also where the check has caught it: what was not looked at for want of funds has not been found good.
    const overdraft = account.overdraft();
    if (overdraft !== null) throw overdraft;
    return refusal;
  }
}

interface Issuers {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
}

/**
 * The refusal that says most: a revocation; then one about a certificate that would have been part of a path; then that the
 * budget did not last; then a wrong signature or encoding (which may only mean another certificate of that name); then the lack
 * of an issuer. Deeper ones come first among equals.
 */
export function mostSpecific(trace: readonly PathRefusal[]): TlsError {
  let best: PathRefusal | null = null;
  for (const refusal of trace) {
    const order = best === null ? 1 : rank(refusal) - rank(best) || refusal.path.length - best.path.length;
    if (order > 0) best = refusal;
  }
  return best?.error ?? new TlsError('ERR_CERT_UNKNOWN_ISSUER');
}

function rank({ error: { code }, path }: PathRefusal): number {
  if (code === 'ERR_CERT_REVOKED') return 4;
  if (code === 'ERR_CERT_BUDGET') return 2;
  // An empty path is a malformed anchor, which says nothing about the peer.
  if (code === 'ERR_CERT_UNKNOWN_ISSUER' || path.length === 0) return 0;
  return code === 'ERR_CERT_SIGNATURE' || path[path.length - 1] === UNREADABLE ? 1 : 3;
}

/** Stands in a trace for an intermediate that does not decode. */
export const UNREADABLE = 'a certificate of the peer';

/** Those whose key identifier fits first, then those that have none; among them those that are valid now, then the latest. */
function inOrder(issuers: readonly Certificate[], child: Certificate, time: Date): readonly Certificate[] {
  if (issuers.length < 2) return issuers;
  const keyed = issuers.map((issuer) => ({
    issuer,
    fit: fitOf(issuer, child),
    current: isCurrent(issuer, time) ? 0 : 1,
    start: issuer.validity.notBefore.getTime(),
  }));
  keyed.sort((a, b) => a.fit - b.fit || a.current - b.current || b.start - a.start);
  return keyed.map(({ issuer }) => issuer);
}

/** RFC 4158 §3.5.12: 0 where the key identifiers match, 1 where one is missing, 2 where they differ. */
function fitOf(issuer: Certificate, child: Certificate): number {
  const wanted = child.extensions.authorityKeyIdentifier;
  const offered = issuer.extensions.subjectKeyIdentifier;
  if (wanted === null || offered === null) return 1;
  return sameBytes(wanted, offered) ? 0 : 2;
}

function isSameEntity(a: Certificate, b: Certificate): boolean {
  return a.subject.key === b.subject.key && sameBytes(a.subjectPublicKeyInfo, b.subjectPublicKeyInfo);
}
