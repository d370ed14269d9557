/**
 * How the code that checks revocation reaches those who validate paths: together with the policy that asks for it.
 *
 * CRLs and OCSP are a sixteenth of a client, and most clients check neither. A policy brings its check along, so that a bundle
 * without a policy is without them.
 *
 * @see RFC 5280 §6.3
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Certificate } from './certificate.ts';

/** With whose clock and signatures a path is checked. */
export interface RevocationContext {
  readonly time: Date;
  readonly crypto: CryptoProvider;
  /** Called before each signature that is verified; may throw. */
  readonly account: { signature(): void };
}

/** Refuses a complete path (leaf first, anchor last), by a TlsError, or lets it pass. */
export type RevocationCheck = (path: readonly Certificate[], context: RevocationContext) => void;

/** What is another for one peer: its staple, or that it owes none. */
export interface PeerStaple {
  readonly ocspResponse?: Uint8Array;
  readonly requireStaple?: boolean;
}

/** The check of a policy that `createRevocationPolicy` has made, for one peer; null for any other value. */
export function revocationCheckOf(policy: object): ((peer: PeerStaple) => RevocationCheck) | null {
  return CHECKS.get(policy) ?? null;
}

/** Lets a policy be found by the function above. */
export function bindRevocationCheck(policy: object, check: (peer: PeerStaple) => RevocationCheck): void {
  CHECKS.set(policy, check);
}

const CHECKS = new WeakMap<object, (peer: PeerStaple) => RevocationCheck>();
