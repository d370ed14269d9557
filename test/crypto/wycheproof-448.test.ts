import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsError } from '../../src/errors/errors.ts';
import { provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { scripted } from './randomness.ts';
import { refusedBy, runWycheproof, type WycheproofCase } from './wycheproof.ts';

interface XdhCase extends WycheproofCase {
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}

interface SignatureCase extends WycheproofCase {
  readonly msg: string;
  readonly sig: string;
}

interface EddsaGroup {
  readonly publicKey: { readonly pk: string };
}

// Open in Wycheproof: points of the twist, of small order, and coordinates that are not reduced. RFC 7748 §5 accepts all of
// them; RFC 9846 §7.4.2 refuses those whose secret is zero.
test('X448', (t) => {
  let zero = 0;
  runWycheproof<unknown, XdhCase>(
    t,
    'x448',
    (vector) => {
      const key = provider.keyExchange('x448').generate(scripted(fromHex(vector.private)));
      return refusedBy(
        (error) => error instanceof TlsError && error.code === refusal(vector),
        () => {
          assert.equal(toHex(key.agree(fromHex(vector.public))), vector.shared);
          return 'accepted';
        },
      );
    },
    (vector) => {
      if (!/^0+$/.test(vector.shared)) return 'accepted';
      zero++;
      return 'refused';
    },
  );
  t.diagnostic(`wycheproof x448: ${zero} of them all-zero secrets, refused`);
});

function refusal({ flags }: XdhCase): string {
  return flags?.includes('PublicKeyTooLong') ? 'ERR_TLS_BAD_KEY_SHARE' : 'ERR_TLS_WEAK_SHARED_SECRET';
}

test('Ed448', (t) => {
  runWycheproof<EddsaGroup, SignatureCase>(t, 'ed448', ({ msg, sig }, { publicKey }) => {
    const key = { kind: 'ed448', key: fromHex(publicKey.pk) } as const;
    return provider.verify({ kind: 'ed448' }, key, fromHex(msg), fromHex(sig)) ? 'accepted' : 'refused';
  });
});
