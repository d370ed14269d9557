/**
 * The roots that Node brings with it (Mozilla's list), as a trust store.
 *
 * @module
 */
import { rootCertificates } from 'node:tls';
import { createTrustStore, type TrustStore } from '../certs/trust-store.ts';

let store: TrustStore | null = null;

/** Made when first asked for, then shared. */
export function bundledTrust(): TrustStore {
  store ??= createTrustStore(rootCertificates);
  return store;
}
