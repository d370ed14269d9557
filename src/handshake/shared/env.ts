/**
 * What handlers may use of the world.
 *
 * @see RFC 9846 Appendix C.1 (Random Number Generation and Seeding)
 * @module
 */
import type { CryptoProvider, Random } from '../../crypto/provider.ts';
import type { Limits } from './config.ts';

/** What handlers may use of the world: nothing else is reachable from them. */
export interface Env {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly clock: () => number;
  readonly limits: Limits;
  readonly transport: 'tls' | 'quic';
}
