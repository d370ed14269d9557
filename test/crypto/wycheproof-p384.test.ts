import { test } from 'node:test';
import { runWycheproof } from './wycheproof.ts';
import { checkEcdh, checkEcdsa, ecdhAcceptable } from './wycheproof-nist.ts';

test('ECDH on secp384r1', (t) => {
  runWycheproof(t, 'ecdh_secp384r1_ecpoint', checkEcdh('secp384r1'), ecdhAcceptable);
});

test('ECDSA on secp384r1 with SHA-256', (t) => {
  runWycheproof(t, 'ecdsa_secp384r1_sha256', checkEcdsa('secp384r1', 'sha256'));
});

test('ECDSA on secp384r1 with SHA-384', (t) => {
  runWycheproof(t, 'ecdsa_secp384r1_sha384', checkEcdsa('secp384r1', 'sha384'));
});
