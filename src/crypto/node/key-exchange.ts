/**
 * The key exchange groups on node:crypto: X25519, X448, ECDH on the NIST curves, and the hybrids with ML-KEM (ml-kem.ts).
 *
 * Ephemeral private keys are what `random` returns, as in crypto/noble; of Curve25519 and Curve448 OpenSSL makes them where
 * `random` is the platform's. What this runtime lacks is computed by crypto/noble.
 *
 * @see RFC 9846 §4.3.8.2 (ECDHE parameters), §7.4.2 (ECDHE shared secret); RFC 7748 §5, §6
 * @module
 */
import { createECDH, diffieHellman, type ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fail, TlsUsageError } from '../../errors/errors.ts';
import type { CurveName, GroupName } from '../../params/algorithms.ts';
import { draw } from '../noble/draw.ts';
import { hybrid, nobleKem } from '../noble/hybrid.ts';
import { keyExchangeOf as nobleExchangeOf } from '../noble/key-exchange.ts';
import type { KeyExchange, Random } from '../provider.ts';
import { isAllZero, wipe } from '../secret.ts';
import { plain } from './hash.ts';
import { CURVES, type RawKeyName, rawPrivateKey, rawPublicKey } from './key-objects.ts';
import { nativeKem } from './ml-kem.ts';
import { supports } from './support.ts';

/** Throws TlsUsageError for a group that is not one of these. */
export function keyExchangeOf(group: GroupName): KeyExchange {
  switch (group) {
    case 'x25519':
      return X25519;
    case 'x448':
      return supports('x448') ? X448 : nobleExchangeOf(group);
    case 'secp521r1':
      return supports(group) ? ECDH_GROUPS[group] : nobleExchangeOf(group);
    case 'secp256r1':
    case 'secp384r1':
      return ECDH_GROUPS[group];
    case 'X25519MLKEM768':
      return hybrid(group, X25519, supports('ml-kem-768') ? nativeKem('ml-kem-768') : nobleKem(group));
    case 'SecP256r1MLKEM768':
      return hybrid(group, ECDH_GROUPS.secp256r1, supports('ml-kem-768') ? nativeKem('ml-kem-768') : nobleKem(group));
    case 'SecP384r1MLKEM1024':
      return hybrid(group, ECDH_GROUPS.secp384r1, supports('ml-kem-1024') ? nativeKem('ml-kem-1024') : nobleKem(group));
    default:
      throw new TlsUsageError(`the group ${String(group)} is not supported`);
  }
}

/** A private key of one exchange. */
interface Ephemeral {
  readonly share: Uint8Array;
  agree(peerShare: Uint8Array): Uint8Array;
  wipe(): void;
}

/** A Diffie-Hellman group: alike for both sides. */
function diffieHellmanGroup(make: (random: Random) => Ephemeral): KeyExchange {
  return {
    generate(random) {
      const { share, agree, wipe: wipeKey } = make(random);
      let wiped = false;
      return {
        share,
        agree(peerShare) {
          if (wiped) throw new TlsUsageError('the ephemeral key was wiped');
          return agree(peerShare);
        },
        wipe() {
          wipeKey();
          wiped = true;
        },
      };
    },

    respond(clientShare, random) {
      const key = make(random);
      try {
        return { share: key.share, secret: key.agree(clientShare) };
      } finally {
        key.wipe();
      }
    },
  };
}

type MontgomeryName = Extract<RawKeyName, 'x25519' | 'x448'>;

function montgomery(name: MontgomeryName, length: number, base: number): KeyExchange {
  const basePoint = new Uint8Array(length);
  basePoint[0] = base;
  let basePointKey: KeyObject | null = null;
  return diffieHellmanGroup((random) => {
    const privateKey = random.platform === true ? generateKey(name) : keyOf(name, draw(random, length));
    basePointKey ??= rawPublicKey(name, basePoint);
    // RFC 7748 §6: the function of the base point. Not by `export`: OpenSSL 3.0 needs twice the time for DER, and Node 20
    // hangs now and then as it exports the JWK of a pair (docs/performance.md).
    const share = exchange(privateKey, basePointKey);
    // A multiple of the order: peers would refuse its share.
    if (share === null) throw new TlsUsageError('random gave a private key without a share');
    return {
      share,
      agree(peerShare) {
        // §4.3.8.2: the share is the bytes of RFC 7748's function; every string of that length is a coordinate.
        if (peerShare.length !== length) fail('ERR_TLS_BAD_KEY_SHARE', `${peerShare.length} bytes, not ${length}`);
        // §7.4.2: a secret of all zero bytes ends the handshake.
        return exchange(privateKey, rawPublicKey(name, peerShare)) ?? fail('ERR_TLS_WEAK_SHARED_SECRET');
      },
      // Limit: OpenSSL's copy of the key goes with the garbage.
      wipe() {},
    };
  });
}

/** The private key never is in an array of ours; OpenSSL 3.0 makes one in a tenth of the time that it needs to read one. */
function generateKey(name: MontgomeryName): KeyObject {
  return (name === 'x25519' ? generateKeyPairSync(name) : generateKeyPairSync(name)).privateKey;
}

/** RFC 7748 §6: that many random bytes; clamping is part of the function. They are wiped. */
function keyOf(name: MontgomeryName, secretKey: Uint8Array): KeyObject {
  const privateKey = rawPrivateKey(name, secretKey);
  wipe(secretKey);
  return privateKey;
}

/** Null for a result of all zero bytes, which OpenSSL refuses to derive. */
function exchange(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | null {
  try {
    const secret = plain(diffieHellman({ privateKey, publicKey }));
    return isAllZero(secret) ? null : secret;
  } catch {
    return null;
  }
}

function ecdh(curve: CurveName): KeyExchange {
  const { openssl, length } = CURVES[curve];
  return diffieHellmanGroup((random) => {
    const { key, scalar } = randomKey(curve, random);
    return {
      share: plain(key.getPublicKey()),
      agree(peerShare) {
        // §4.3.8.2: X and Y, each as long as the field, after legacy_form 4. Infinity and compressed points have other lengths.
        if (peerShare.length !== 1 + 2 * length)
          fail('ERR_TLS_BAD_KEY_SHARE', `${peerShare.length} bytes, not ${1 + 2 * length}`);
        if (peerShare[0] !== 4) fail('ERR_TLS_BAD_KEY_SHARE', 'not an uncompressed point');
        // §4.3.8.2: OpenSSL refuses what is not a point of the curve. §7.4.2: the x-coordinate, as long as the field.
        try {
          return plain(key.computeSecret(peerShare));
        } catch {
          return fail('ERR_TLS_BAD_KEY_SHARE', `not a point of ${openssl}`);
        }
      },
      // Deno computes with these very bytes, the others with a copy that goes with the garbage.
      wipe: () => wipe(scalar),
    };
  });
}

/** FIPS 186-5 A.2.2, rejection sampling: OpenSSL refuses a scalar that is zero or not below the order. */
function randomKey(curve: CurveName, random: Random): { readonly key: ECDH; readonly scalar: Uint8Array } {
  const { openssl, length } = CURVES[curve];
  for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
    const candidate = draw(random, length);
    // P-521 alone has an order whose bits do not fill its bytes.
    if (curve === 'secp521r1') candidate[0] = (candidate[0] ?? 0) & 1;
    const key = createECDH(openssl);
    try {
      key.setPrivateKey(candidate);
      return { key, scalar: candidate };
    } catch {
      wipe(candidate);
    }
  }
  throw new TlsUsageError(`random gave no scalar in ${MAX_DRAWS} draws`);
}

/** A draw fails with probability below 2^-32 (P-256, the worst): a source that fails so often is broken. */
const MAX_DRAWS = 8;

const X25519 = montgomery('x25519', 32, 9);
const X448 = montgomery('x448', 56, 5);
const ECDH_GROUPS: Readonly<Record<CurveName, KeyExchange>> = {
  secp256r1: ecdh('secp256r1'),
  secp384r1: ecdh('secp384r1'),
  secp521r1: ecdh('secp521r1'),
};
