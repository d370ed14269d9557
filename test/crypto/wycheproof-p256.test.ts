import { test } from 'node:test';
import { runWycheproof } from './wycheproof.ts';
import { checkEcdh, checkEcdsa, ecdhAcceptable } from './wycheproof-nist.ts';

test('ECDH on secp256r1', (t) => {
  runWycheproof(t, 'ecdh_secp256r1_ecpoint', checkEcdh('secp256r1'), ecdhAcceptable);
});

test('ECDSA on secp256r1 with SHA-256', (t) => {
  runWycheproof(t, 'ecdsa_secp256r1_sha256', checkEcdsa('secp256r1', 'sha256'));
});
