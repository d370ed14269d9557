/**
 * Whether a peer's certificates prove who it is: the one question that the rest of the library asks of this folder.
 *
 * The answer is a Verdict that only this file can make, so that no Promise, truthy value or look-alike passes for one.
 *
 * @see RFC 5280 §6 (path validation), RFC 9525 §6 (names), RFC 9846 §4.5.1.3
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { TlsError, TlsUsageError } from '../errors/errors.ts';
import { type Certificate, sameBytes } from './certificate.ts';
import { type CertificateIndex, entryOf, type IndexEntry, indexOf } from './certificate-index.ts';
import { parseIp, type ReferenceName } from './name-match.ts';
import { PURPOSE_OID } from './oids.ts';
import { DEFAULT_BUDGET, openAccount, type PathBudget } from './path-budget.ts';
import { buildPath, mostSpecific, type PathRefusal, UNREADABLE } from './path-builder.ts';
import { checkLeaf, checkPath, type PathPolicy } from './path-validator.ts';
import { type Pin, readPins } from './pins.ts';
import { checkRevocation, expectRevocationPolicy, type RevocationPolicy, withDecodedLists } from './revocation.ts';
import type { RevocationCheck } from './revocation-check.ts';
import { cacheOf, decodeWith } from './signature-cache.ts';
import { collectAnchors, type TrustStore } from './trust-store.ts';

export type { TrustStore } from './trust-store.ts';

/** What a path is validated by, apart from revocation. */
export type PathInput = Omit<VerifyInput, 'revocation'>;

/** Made by `verifyCertificateChain` and `acceptPeer` alone; frozen. */
export type Verdict =
  | {
      readonly ok: true;
      /** Leaf first, anchor last. A trusted leaf is both; empty when the caller accepted without validation. */
      readonly path: readonly Certificate[];
      /** Why the caller accepted the peer itself. */
      readonly reason?: string | undefined;
    }
  | {
      readonly ok: false;
      /** The most specific refusal. */
      readonly error: TlsError;
      /** Every candidate's refusal, in the order met. */
      readonly trace: readonly PathRefusal[];
    };

export interface VerifyInput {
  /** DER, as the peer sent it. */
  readonly leaf: Uint8Array;
  /** DER, in any order; those that are of no use do no harm. */
  readonly intermediates: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[] | TrustStore;
  readonly time: Date;
  /** Extended key usage, or object identifiers of which all must be allowed. */
  readonly purpose: 'serverAuth' | 'clientAuth' | readonly string[];
  /** The identity to check. Without it any name passes: leave it out only where names are checked elsewhere. */
  readonly name?: ReferenceName | undefined;
  /** Most certificates between leaf and anchor, self-issued ones not counted (as pathLenConstraint counts); default 48. */
  readonly maxIntermediates?: number | undefined;
  /** Object identifiers of certificate policies of which one must hold along the path (RFC 5280 §6.1.1 (c)). */
  readonly policies?: readonly string[] | undefined;
  /** Keys of which one must be in the path; default: any will do. */
  readonly pins?: readonly Pin[] | undefined;
  /** Default: revocation is not checked. */
  readonly revocation?: RevocationPolicy | undefined;
  readonly budget?: PathBudget | undefined;
  readonly crypto?: CryptoProvider | undefined;
}

/**
 * Validates a chain: a path of signatures to an anchor, with every rule of RFC 5280 §6 that is supported, for a time, a purpose
 * and a name. Whatever the certificates hold, the result is a Verdict; TlsUsageError is thrown for arguments of the wrong kind.
 *
 * @example
 * const verdict = verifyCertificateChain({
 *   leaf, intermediates, anchors, time: new Date(), purpose: 'serverAuth', name: { dns: 'example.com' },
 * });
 * if (!verdict.ok) throw verdict.error;
 */
export function verifyCertificateChain(input: VerifyInput): Verdict {
  const { revocation } = input;
  if (revocation === undefined) return verifyPath(input, null);
  expectRevocationPolicy(revocation);
  const policy = withDecodedLists(revocation);
  return verifyPath(input, (path, context) => checkRevocation(path, policy, context));
}

/** The same with a check of revocation from elsewhere: by itself it has no part of CRLs and OCSP. */
export function verifyPath(input: PathInput, revocation: RevocationCheck | null): Verdict {
  const policy = policyOf(input, revocation);
  const trace: PathRefusal[] = [];
  const refuse = (path: readonly string[], error: TlsError): void => {
    trace.push(Object.freeze({ path: Object.freeze(path), error }));
  };
  const path = findPath(input, policy, refuse);
  if (path !== null) return issue({ ok: true, path: Object.freeze(path) });
  return issue({ ok: false, error: mostSpecific(trace), trace: Object.freeze(trace) });
}

/** A caller's own decision to accept the peer, with a reason that is kept and shown. Nothing is validated. */
export function acceptPeer(reason: string): Verdict {
  if (typeof reason !== 'string' || reason.trim() === '') throw new TlsUsageError('acceptPeer needs a reason');
  return issue({ ok: true, path: Object.freeze([]), reason });
}

/** True for what the two functions above have made, and for nothing else. */
export function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && VERDICTS.has(value);
}

const VERDICTS = new WeakSet<object>();

function issue(verdict: Verdict): Verdict {
  VERDICTS.add(verdict);
  return Object.freeze(verdict);
}

type Refuse = (path: readonly string[], error: TlsError) => void;

/** Null: no path, and `refuse` knows why. */
function findPath(input: PathInput, policy: PathPolicy, refuse: Refuse): readonly Certificate[] | null {
  const { maxIntermediates = MAX_INTERMEDIATES, budget = {} } = input;
  // A store that was made for this call will not be seen again.
  const store = isTrustStore(input.anchors) ? input.anchors : null;
  const decode = (der: Uint8Array): Certificate => decodeWith(store, policy.crypto, der);
  const leaf = attempt(
    () => decode(input.leaf),
    (error) => refuse([UNREADABLE], error),
  );
  if (leaf === null) return null;
  const refusePath = (path: readonly Certificate[], error: TlsError): void =>
    refuse(
      path.map(({ subject }) => subject.name),
      error,
    );

  const anchors = isTrustStore(input.anchors)
    ? input.anchors
    : collectAnchors(input.anchors, (error) => refuse([], error));
  // A leaf that its user has put among the anchors needs no issuer; all but its signature is still judged.
  const trusted = anchors.find(leaf.subject).some(({ der }) => sameBytes(der, leaf.der));
  const fit = attempt(
    () => {
      checkLeaf(leaf, policy, trusted);
      if (trusted) checkPath([leaf], policy, openAccount(budget));
      return [leaf];
    },
    (error) => refusePath([leaf], error),
  );
  if (fit === null || trusted) return fit;
  const intermediates = indexIntermediates(input.intermediates, budget, decode, refuse);
  const cache = store === null ? null : cacheOf(store, policy.crypto);
  return buildPath({ leaf, intermediates, anchors, policy, maxIntermediates, budget, cache }, refusePath);
}

function attempt<T>(check: () => T, refuse: (error: TlsError) => void): T | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    refuse(error);
    return null;
  }
}

/** Far above any real path; the budget of signatures ends longer ones anyhow. */
const MAX_INTERMEDIATES = 48;

/** A certificate that does not decode is out of the search, and the others may still make a path. */
function indexIntermediates(
  ders: readonly Uint8Array[],
  budget: PathBudget,
  decode: (der: Uint8Array) => Certificate,
  refuse: Refuse,
): CertificateIndex {
  const entries: IndexEntry[] = [];
  const unreadable = (error: TlsError): void => refuse([UNREADABLE], error);
  // Limit: more of them could not be looked at either, or would take long to read.
  const { steps = DEFAULT_BUDGET.steps, bytes = DEFAULT_BUDGET.bytes } = budget;
  let total = 0;
  for (const [index, der] of ders.entries()) {
    const entry = attempt(() => entryOf(der, decode, unreadable), unreadable);
    if (entry !== null) total += der.length;
    if (index >= steps || total > bytes) {
      refuse([], new TlsError('ERR_CERT_BUDGET', { detail: index >= steps ? `steps: ${steps}` : `bytes: ${bytes}` }));
      break;
    }
    if (entry !== null) entries.push(entry);
  }
  return indexOf(entries);
}

function policyOf(input: PathInput, revocation: RevocationCheck | null): PathPolicy {
  const { time, purpose, name, policies, pins, budget = {} } = input;
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) throw new TlsUsageError('time is not a date');
  checkCount('maxIntermediates', input.maxIntermediates);
  for (const field of Object.keys(DEFAULT_BUDGET) as (keyof PathBudget)[]) checkCount(`budget.${field}`, budget[field]);
  if (policies !== undefined && !isOidList(policies))
    throw new TlsUsageError('policies is not a list of object identifiers');
  return {
    time,
    purposes: purposesOf(purpose),
    name: name === undefined ? null : checkedName(name),
    policies: policies ?? null,
    pins: pins === undefined ? null : readPins(pins),
    revocation,
    crypto: input.crypto ?? nobleProvider,
  };
}

function isOidList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((oid) => typeof oid === 'string' && /^[0-2](\.(0|[1-9]\d*))+$/.test(oid));
}

function checkCount(option: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw new TlsUsageError(`${option} is not a count`);
}

function purposesOf(purpose: VerifyInput['purpose']): readonly string[] {
  if (purpose === 'serverAuth' || purpose === 'clientAuth') return [PURPOSE_OID[purpose]];
  if (!isOidList(purpose))
    throw new TlsUsageError('purpose is neither serverAuth, clientAuth nor a list of object identifiers');
  return purpose;
}

function checkedName(name: ReferenceName): ReferenceName {
  const kinds = (['dns', 'ip', 'email'] as const).filter((kind) => kind in name);
  const [value] = Object.values(name) as readonly unknown[];
  if (kinds.length !== 1 || Object.keys(name).length !== 1 || typeof value !== 'string') {
    throw new TlsUsageError('name is one of { dns }, { ip } and { email }');
  }
  if ('ip' in name && parseIp(name.ip) === null) throw new TlsUsageError(`not an address: "${name.ip}"`);
  return name;
}

function isTrustStore(anchors: VerifyInput['anchors']): anchors is TrustStore {
  return !Array.isArray(anchors);
}
