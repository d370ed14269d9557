/**
 * What one verification may cost. The peer chooses most of the certificates, and could choose them to keep the verifier busy.
 *
 * docs/certificates.md says why each number is what it is.
 *
 * @module
 */
import { TlsError } from '../errors/errors.ts';

/** How much work one verification may take. Each is a count. */
export interface PathBudget {
  /** Bytes of intermediates that are read; default 2 MiB. */
  readonly bytes?: number | undefined;
  /** Candidate issuers looked at; default 2000. */
  readonly steps?: number | undefined;
  /**
   * Signatures verified, those on CRLs and OCSP responses among them; default 64. Those on certificates with P-384 or Ed448 count
   * as two, with P-521 as four, which is what they cost.
   */
  readonly signatures?: number | undefined;
  /** Complete paths of which names, policies and revocation are judged; default 64. */
  readonly paths?: number | undefined;
  /** Names compared with name constraints, in all paths together; default 250,000. */
  readonly nameConstraintComparisons?: number | undefined;
}

export const DEFAULT_BUDGET = {
  bytes: 0x20_0000,
  steps: 2_000,
  signatures: 64,
  paths: 64,
  nameConstraintComparisons: 250_000,
} as const satisfies Required<PathBudget>;

/** Each call takes one from its budget, and throws TlsError ERR_CERT_BUDGET where none is left. */
export interface PathAccount {
  step(): void;
  signature(cost?: number): void;
  path(): void;
  comparison(): void;
  /** What the first of them has thrown, which ends the whole search even where somebody has caught it; else null. */
  overdraft(): TlsError | null;
}

export function openAccount(budget: PathBudget): PathAccount {
  let overdraft: TlsError | null = null;
  const counter = (name: keyof PathBudget): ((cost?: number) => void) => {
    const limit = budget[name] ?? DEFAULT_BUDGET[name];
    let left = limit;
    return (cost = 1) => {
      left -= cost;
      if (left >= 0) return;
      overdraft ??= new TlsError('ERR_CERT_BUDGET', { detail: `${name}: ${limit}` });
      throw overdraft;
    };
  };
  return {
    step: counter('steps'),
    signature: counter('signatures'),
    path: counter('paths'),
    comparison: counter('nameConstraintComparisons'),
    overdraft: () => overdraft,
  };
}
