/**
 * The checks of Wycheproof's files for the NIST curves, one test file a curve for the sake of time.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { TlsError } from '../../src/errors/errors.ts';
import { byName, type CurveName, type HashName, NAMED_GROUPS } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { scripted } from './randomness.ts';
import { type Outcome, refusedBy, type WycheproofCase } from './wycheproof.ts';

interface EcdhCase extends WycheproofCase {
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}

interface SignatureCase extends WycheproofCase {
  readonly msg: string;
  readonly sig: string;
}

interface EcdsaGroup {
  readonly publicKey: { readonly uncompressed: string };
}

/** The private key goes in as the bytes of `random`, the public one as the peer's share. */
export function checkEcdh(curve: CurveName): (test: EcdhCase) => Outcome {
  const shareLength = byName(NAMED_GROUPS, curve)?.clientShareLength ?? 0;
  const length = (shareLength - 1) / 2;
  return (vector) => {
    const scalar = fromHex(vector.private.replace(/^(00)+/, '').padStart(2 * length, '0'));
    const key = provider.keyExchange(curve).generate(scripted(scalar));
    return refusedBy(isBadShare, () => {
      assert.equal(toHex(key.agree(fromHex(vector.public))), vector.shared);
      return 'accepted';
    });
  };
}

/** Wycheproof accepts compressed points from who supports them; TLS 1.3 does not (RFC 9846 §4.3.8.2). */
export function ecdhAcceptable(vector: EcdhCase): 'refused' {
  assert.deepEqual(vector.flags, ['CompressedPublic', 'CompressedPoint']);
  return 'refused';
}

export function checkEcdsa(curve: CurveName, hash: HashName): (test: SignatureCase, group: EcdsaGroup) => Outcome {
  return ({ msg, sig }, { publicKey }) => {
    const key = { kind: 'ec', curve, point: fromHex(publicKey.uncompressed) } as const;
    return provider.verify({ kind: 'ecdsa', hash }, key, fromHex(msg), fromHex(sig)) ? 'accepted' : 'refused';
  };
}

function isBadShare(error: unknown): boolean {
  return error instanceof TlsError && error.code === 'ERR_TLS_BAD_KEY_SHARE' && error.alert === 'illegal_parameter';
}
