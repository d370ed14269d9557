/**
 * Whether a certificate of a path has been revoked, as far as CRLs and OCSP responses at hand can tell.
 *
 * Nothing is fetched: the caller supplies lists and responses, a server staples its own. One proven revocation refuses the path
 * whatever else is said; how much proof of the opposite is needed is the policy's `mode`.
 *
 * @see RFC 5280 §6.3 (CRLs), RFC 6960 §3.2 (OCSP), RFC 7633 (must-staple), RFC 9608 (no revocation available)
 * @module
 */
import { TlsConfigError, TlsError, TlsUsageError } from '../errors/errors.ts';
import { EXTENSION } from '../params/registries.ts';
import type { Certificate } from './certificate.ts';
import { askCrl, type CertificateRevocationList, decodeCrl } from './crl.ts';
import type { Revocation } from './crl-entries.ts';
import { ALL_REASONS } from './distribution-points.ts';
import { askOcsp } from './ocsp.ts';
import { decodeOcspResponse } from './ocsp-response.ts';
import { EXTENSION_OID, PURPOSE_OID } from './oids.ts';
import { bindRevocationCheck, type RevocationContext } from './revocation-check.ts';

/** What is at hand, and how much of it is asked for. */
export interface RevocationPolicy {
  /**
   * `ignore`: nothing is checked. `soft`: a proven revocation refuses the path, and what is missing, stale or unusable is passed
   * over. `hard`: it is not; every certificate but the anchor needs an answer that says it is not revoked.
   *
   * Deviation: RFC 6066 §8 has clients refuse any staple that is not satisfactory. `soft` does so for one that says revoked and
   * for must-staple certificates: whoever can replace a staple could as well leave it out.
   */
  readonly mode: 'ignore' | 'soft' | 'hard';
  /** Lists in DER, of any issuers; decoded ones are what `createRevocationPolicy` makes of them. */
  readonly crls?: readonly (Uint8Array | CertificateRevocationList)[] | undefined;
  /** An OCSPResponse in DER. In a connection the peer's staple takes its place. */
  readonly ocspResponse?: Uint8Array | undefined;
  /** The nonce that `ocspResponse` must repeat; default: none was sent. */
  readonly ocspNonce?: Uint8Array | undefined;
  /**
   * True: every leaf needs a good OCSP response. False: none does. Default: those that say so themselves (must-staple, RFC
   * 7633), in any mode but `ignore`.
   */
  readonly requireStaple?: boolean | undefined;
  /** Of which certificates `hard` demands an answer. Default: `path`, all but the anchor. */
  readonly demand?: 'leaf' | 'path' | undefined;
  /** Seconds by which clocks may differ; default 300. */
  readonly clockSkew?: number | undefined;
  /** Seconds after thisUpdate at which anything is stale, even before its nextUpdate. Default: nextUpdate decides. */
  readonly maxAge?: number | undefined;
}

/**
 * Checks a policy and decodes its lists once, for the many connections that will use it. The CRLs may be large: their entries
 * stay encoded. The option `revocation` of configs takes what this makes, which brings the code of the checks along.
 *
 * @throws TlsConfigError `ERR_CONFIG` for an option that is unknown or out of range, and for a CRL that does not decode.
 * @example
 * const revocation = createRevocationPolicy({ mode: 'hard', crls: [crlDer], demand: 'leaf' });
 * const config = defineClientConfig({ trust, revocation });
 */
export function createRevocationPolicy(options: RevocationPolicy): RevocationPolicy {
  const fault = faultOf(options);
  if (fault !== null) throw new TlsConfigError('ERR_CONFIG', fault);
  const crls = (options.crls ?? []).map((crl, index) => {
    if (!(crl instanceof Uint8Array)) return crl;
    try {
      return decodeCrl(crl);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      throw new TlsConfigError('ERR_CONFIG', `crls[${index}]: ${error.message}`, { cause: error });
    }
  });
  const policy = Object.freeze({ ...options, crls: Object.freeze(crls) });
  bindRevocationCheck(policy, (peer) => (path, context) => checkRevocation(path, { ...policy, ...peer }, context));
  return policy;
}

/** The same with its lists decoded, for the many paths that one verification may try; a malformed one stays as it is. */
export function withDecodedLists(policy: RevocationPolicy): RevocationPolicy {
  const crls = policy.crls?.map((crl) => {
    if (!(crl instanceof Uint8Array)) return crl;
    try {
      return decodeCrl(crl);
    } catch (error) {
      if (error instanceof TlsError) return crl;
      throw error;
    }
  });
  return crls === undefined ? policy : { ...policy, crls };
}

/** Throws TlsUsageError for what is not a policy. */
export function expectRevocationPolicy(policy: unknown): asserts policy is RevocationPolicy {
  const fault = faultOf(policy);
  if (fault !== null) throw new TlsUsageError(fault);
}

/**
 * Refuses a complete path (leaf first, anchor last) under a policy. Throws TlsError: ERR_CERT_REVOKED; in the mode `hard` also
 * ERR_CERT_REVOCATION_UNKNOWN where nothing at hand is about a certificate, or the ERR_CERT_CRL_… or ERR_CERT_OCSP_… that says why
 * what is at hand cannot be used; ERR_CERT_STAPLE_REQUIRED or an ERR_CERT_OCSP_… for a must-staple leaf in any mode but `ignore`.
 */
export function checkRevocation(
  path: readonly Certificate[],
  policy: RevocationPolicy,
  context: RevocationContext,
): void {
  if (policy.mode === 'ignore') return;
  const tolerance = { time: context.time, clockSkew: policy.clockSkew ?? 300, maxAge: policy.maxAge ?? null };
  const { crypto, account } = context;

  for (const [index, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[index + 1] as Certificate;
    const isLeaf = index === 0;
    const ocsp = askStaple(certificate, issuer);
    const lists = askLists(certificate, issuer);
    const refusals = [...ocsp.refusals.filter((error) => isLeaf || !isElsewhere(error)), ...lists.refusals];

    // RFC 7633 §4.2.3.1: a leaf that promises a staple is not accepted without one.
    if (isLeaf && !ocsp.good && (policy.requireStaple ?? isMustStaple(certificate))) {
      throw ocsp.refusals[0] ?? new TlsError('ERR_CERT_STAPLE_REQUIRED', { detail: certificate.subject.name });
    }
    const isDemanded = policy.mode === 'hard' && (isLeaf || policy.demand !== 'leaf') && !isNeverRevoked(certificate);
    if (isDemanded && !ocsp.good && !lists.good) throw mostTelling(refusals, certificate);
  }

  function askStaple(certificate: Certificate, issuer: Certificate): Findings {
    const der = policy.ocspResponse;
    if (der === undefined) return NOTHING;
    return findingsOf(certificate, () => {
      const nonce = policy.ocspNonce ?? null;
      return askOcsp(decodeOcspResponse(der), certificate, issuer, { tolerance, crypto, account, nonce, isRevoked });
    });
  }

  function askLists(certificate: Certificate, issuer: Certificate): Findings {
    const refusals: TlsError[] = [];
    // §6.3.3 (l): lists for some reasons alone add up.
    let covered = 0;
    for (const crl of policy.crls ?? []) {
      const findings = findingsOf(certificate, () => {
        const decoded = crl instanceof Uint8Array ? decodeCrl(crl) : crl;
        const answer = askCrl(decoded, certificate, issuer, { tolerance, crypto, account });
        covered |= answer?.reasons ?? 0;
        return answer;
      });
      refusals.push(...findings.refusals);
    }
    return { good: covered === ALL_REASONS, refusals };
  }

  /** For the certificate of an OCSP responder. */
  function isRevoked(certificate: Certificate, issuer: Certificate): boolean {
    try {
      askLists(certificate, issuer);
      return false;
    } catch (error) {
      if (error instanceof TlsError && error.code === 'ERR_CERT_REVOKED') return true;
      throw error;
    }
  }
}

/** That a source says the certificate is not revoked, or why it says nothing. */
interface Findings {
  readonly good: boolean;
  readonly refusals: readonly TlsError[];
}

const NOTHING: Findings = { good: false, refusals: [] };

/** Asks one source. A revocation is thrown: nothing else counts any more. So is a budget that is used up. */
function findingsOf(certificate: Certificate, ask: () => { readonly revocation: Revocation | null } | null): Findings {
  let answer: ReturnType<typeof ask>;
  try {
    answer = ask();
  } catch (error) {
    if (!(error instanceof TlsError) || error.code === 'ERR_CERT_BUDGET') throw error;
    return { good: false, refusals: [error] };
  }
  if (answer === null) return NOTHING;
  const { revocation } = answer;
  if (revocation === null) return { good: true, refusals: [] };
  const detail = `${certificate.subject.name}: ${revocation.reason}, since ${revocation.date.toISOString()}`;
  throw new TlsError('ERR_CERT_REVOKED', { detail });
}

/** What is about other certificates says less than what is about this one. */
function mostTelling(refusals: readonly TlsError[], certificate: Certificate): TlsError {
  const [best] = [...refusals.filter((error) => !isElsewhere(error)), ...refusals];
  return best ?? new TlsError('ERR_CERT_REVOCATION_UNKNOWN', { detail: certificate.subject.name });
}

function isElsewhere({ code }: TlsError): boolean {
  return code === 'ERR_CERT_OCSP_OTHER_CERTIFICATE' || code === 'ERR_CERT_CRL_SCOPE' || code === 'ERR_CERT_CRL_ISSUER';
}

/** RFC 7633 §4.2.3: the certificate of a server that promises to answer status_request. */
function isMustStaple({ extensions }: Certificate): boolean {
  const { tlsFeatures, extendedKeyUsage } = extensions;
  const isServer = extendedKeyUsage === null || extendedKeyUsage.includes(PURPOSE_OID.serverAuth);
  return isServer && tlsFeatures?.includes(EXTENSION.status_request) === true;
}

/** RFC 9608 §4: the issuer publishes nothing about this certificate, so that there is nothing to demand. Not for authorities. */
function isNeverRevoked({ extensions }: Certificate): boolean {
  return extensions.present.has(EXTENSION_OID.noRevAvail) && extensions.basicConstraints?.ca !== true;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof RevocationPolicy>([
  'mode',
  'crls',
  'ocspResponse',
  'ocspNonce',
  'requireStaple',
  'demand',
  'clockSkew',
  'maxAge',
]);

/** What is wrong with a policy, or null. An option that is misspelt would be a rule that is not kept. */
function faultOf(policy: unknown): string | null {
  if (typeof policy !== 'object' || policy === null) return 'revocation is not a RevocationPolicy';
  const unknown = Object.keys(policy).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) return `revocation has no option ${unknown}`;
  const { mode, crls, ocspResponse, ocspNonce, requireStaple, demand, clockSkew, maxAge } = policy as RevocationPolicy;
  if (!['ignore', 'soft', 'hard'].includes(mode)) return 'revocation.mode is ignore, soft or hard';
  const isList =
    crls === undefined || (Array.isArray(crls) && crls.every((crl) => crl instanceof Uint8Array || isDecoded(crl)));
  if (!isList) return 'revocation.crls is not a list of CRLs in DER';
  for (const [name, bytes] of Object.entries({ ocspResponse, ocspNonce })) {
    if (bytes !== undefined && !(bytes instanceof Uint8Array)) return `revocation.${name} is not bytes`;
  }
  if (requireStaple !== undefined && typeof requireStaple !== 'boolean') return 'revocation.requireStaple is a boolean';
  if (demand !== undefined && demand !== 'leaf' && demand !== 'path') return 'revocation.demand is leaf or path';
  for (const [name, seconds] of Object.entries({ clockSkew, maxAge })) {
    if (seconds !== undefined && !(Number.isFinite(seconds) && seconds >= 0))
      return `revocation.${name} is not seconds`;
  }
  return null;
}

function isDecoded(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'tbs' in value && 'entries' in value;
}
