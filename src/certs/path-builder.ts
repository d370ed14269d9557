/**
 * Finds a path from a leaf to a trust anchor among the certificates at hand, in any order and with any number of dead ends.
 *
 * Depth first with backtracking. Every step and every signature is paid for from a budget, since the peer chooses most of
 * the certificates. When there is no path, the most specific refusal met on the way is the answer.
 *
 * @see RFC 5280 §6.1, RFC 4158 (path building)
 * @module
 */
import { fail, TlsError } from '../errors/errors.ts';
import { type Certificate, sameBytes } from './certificate.ts';
import { checkIssuer, checkSignature, type PathPolicy } from './path-validator.ts';
import type { TrustStore } from './trust-store.ts';

/** How much work one verification may take. */
export interface PathBudget {
  /** Candidate issuers looked at; default 200. */
  readonly steps?: number | undefined;
  /** Signatures verified; default 40. */
  readonly signatures?: number | undefined;
}

/** Why one candidate could not go on. */
export interface PathRefusal {
  /** Subjects from the leaf up to the certificate that was refused or has no issuer; empty: none of the path's. */
  readonly path: readonly string[];
  readonly error: TlsError;
}

export interface PathSearch {
  readonly leaf: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly anchors: TrustStore;
  readonly policy: PathPolicy;
  /** Most certificates between leaf and anchor. */
  readonly maxIntermediates: number;
  readonly budget: PathBudget;
}

/**
 * The path, leaf first and anchor last, or null; `trace` receives every refusal. Throws TlsError ERR_CERT_BUDGET when the
 * budget is used up.
 */
export function buildPath(search: PathSearch, trace: PathRefusal[]): readonly Certificate[] | null {
  const bySubject = groupBySubject(search.intermediates);
  const account = openAccount(search.budget);
  const verified = new Map<Certificate, Map<Certificate, TlsError | null>>();

  return extend([search.leaf]);

  function extend(path: readonly Certificate[]): readonly Certificate[] | null {
    const child = path[path.length - 1] as Certificate;
    const anchors = candidates(search.anchors.find(child.issuer), child, path);
    for (const anchor of anchors) {
      if (accepts(anchor, path, 'anchor')) return [...path, anchor];
    }

    const issuers = candidates(bySubject.get(child.issuer.key) ?? [], child, path);
    if (anchors.length + issuers.length === 0) {
      refuse(path, new TlsError('ERR_CERT_UNKNOWN_ISSUER', { detail: child.issuer.name }));
      return null;
    }
    for (const issuer of issuers) {
      if (path.length > search.maxIntermediates) {
        refuse(
          [...path, issuer],
          new TlsError('ERR_CERT_BUDGET', { detail: `over ${search.maxIntermediates} intermediates` }),
        );
        return null;
      }
      const found = accepts(issuer, path, 'intermediate') ? extend([...path, issuer]) : null;
      if (found !== null) return found;
    }
    return null;
  }

  function accepts(issuer: Certificate, path: readonly Certificate[], kind: 'intermediate' | 'anchor'): boolean {
    account.step();
    const child = path[path.length - 1] as Certificate;
    const error = refusalOf(() => checkIssuer(issuer, path, search.policy, kind)) ?? signatureRefusal(child, issuer);
    if (error !== null) refuse([...path, issuer], error);
    return error === null;
  }

  /** The costly check, last and once for each pair. */
  function signatureRefusal(child: Certificate, issuer: Certificate): TlsError | null {
    const known = verified.get(child) ?? new Map<Certificate, TlsError | null>();
    verified.set(child, known);
    const earlier = known.get(issuer);
    if (earlier !== undefined) return earlier;
    account.signature();
    const error = refusalOf(() => checkSignature(child, issuer, search.policy.crypto));
    known.set(issuer, error);
    return error;
  }

  function refuse(path: readonly Certificate[], error: TlsError): void {
    trace.push(Object.freeze({ path: path.map(({ subject }) => subject.name), error }));
  }
}

/**
 * The refusal that says most: one about a certificate that would have been part of a path, before a wrong signature (which
 * may only mean another certificate of that name), before the lack of an issuer. Deeper ones come first among equals.
 */
export function mostSpecific(trace: readonly PathRefusal[]): TlsError {
  let best: PathRefusal | null = null;
  for (const refusal of trace) {
    const order = best === null ? 1 : rank(refusal) - rank(best) || refusal.path.length - best.path.length;
    if (order > 0) best = refusal;
  }
  return best?.error ?? new TlsError('ERR_CERT_UNKNOWN_ISSUER');
}

function rank({ error, path }: PathRefusal): number {
  // An empty path is a malformed anchor, which says nothing about the peer.
  if (error.code === 'ERR_CERT_UNKNOWN_ISSUER' || path.length === 0) return 0;
  return error.code === 'ERR_CERT_SIGNATURE' || error.code === 'ERR_CERT_DECODE' ? 1 : 2;
}

function groupBySubject(certificates: readonly Certificate[]): ReadonlyMap<string, readonly Certificate[]> {
  const groups = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    const group = groups.get(certificate.subject.key);
    if (group === undefined) groups.set(certificate.subject.key, [certificate]);
    // Peers send the same certificate twice; once is enough.
    else if (!group.some(({ der }) => sameBytes(der, certificate.der))) group.push(certificate);
  }
  return groups;
}

/** Issuers to try: none that is in the path already, those whose key identifier fits first. */
function candidates(
  issuers: readonly Certificate[],
  child: Certificate,
  path: readonly Certificate[],
): readonly Certificate[] {
  const wanted = child.extensions.authorityKeyIdentifier;
  const fits = ({ extensions }: Certificate): boolean =>
    wanted !== null && extensions.subjectKeyIdentifier !== null && sameBytes(wanted, extensions.subjectKeyIdentifier);
  const fresh = issuers.filter((issuer) => !path.some((other) => isSameEntity(issuer, other)));
  return [...fresh.filter(fits), ...fresh.filter((issuer) => !fits(issuer))];
}

/** RFC 4158 §2.4.2: one name with one key twice in a path is a loop. */
function isSameEntity(a: Certificate, b: Certificate): boolean {
  return a.subject.key === b.subject.key && sameBytes(a.subjectPublicKeyInfo, b.subjectPublicKeyInfo);
}

function openAccount(budget: PathBudget): { readonly step: () => void; readonly signature: () => void } {
  let steps = budget.steps ?? 200;
  let signatures = budget.signatures ?? 40;
  return {
    step: () => {
      if (steps-- <= 0) fail('ERR_CERT_BUDGET', 'too many candidate issuers');
    },
    signature: () => {
      if (signatures-- <= 0) fail('ERR_CERT_BUDGET', 'too many signatures');
    },
  };
}

function refusalOf(check: () => void): TlsError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof TlsError) return error;
    throw error;
  }
}
