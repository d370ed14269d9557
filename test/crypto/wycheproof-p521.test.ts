import { test } from 'node:test';
import { runWycheproof } from './wycheproof.ts';
import { checkEcdh, checkEcdsa, ecdhAcceptable } from './wycheproof-nist.ts';

test('ECDH on secp521r1', (t) => {
  runWycheproof(t, 'ecdh_secp521r1_ecpoint', checkEcdh('secp521r1'), ecdhAcceptable);
});

test('ECDSA on secp521r1 with SHA-512', (t) => {
  runWycheproof(t, 'ecdsa_secp521r1_sha512', checkEcdsa('secp521r1', 'sha512'));
});
