/**
 * TLS 1.2 server: WAIT_CERT_12 to VERIFYING_PEER_12, the client's certificate and its part of the key exchange.
 *
 * With static RSA nothing here tells a good ciphertext from a bad one: every answer to `decryptPreliminarySecret` goes on, at
 * worst with a secret that only this side knows, and the client's Finished fails.
 *
 * @see RFC 5246 §7.4.6 (Client Certificate), §7.4.7 (ClientKeyExchange), §7.4.7.1, §7.4.8; RFC 8422 §5.7
 * @module
 */
import { wipe } from '../../crypto/secret.ts';
import { fail } from '../../errors/errors.ts';
import { decodeEcdhePublic, decodeEncryptedPreMasterSecret } from '../../wire/key-exchange12.ts';
import { type Agreement12, agree12 } from '../shared/agreement12.ts';
import { presentedKey } from '../shared/authenticate.ts';
import type { DecryptedSecret, PeerIdentity } from '../shared/config.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { provePossession12 } from '../shared/signing12.ts';
import { agreed } from './agreed.ts';
import { preliminarySecretFrom } from './preliminary-secret.ts';
import type { ClientPresented, Handlers, State } from './states.ts';

type AfterKeys = Extract<State, { kind: 'WAIT_CV_12' | 'WAIT_CCS_12' }>;

const PREMASTER_LENGTH = 48;

export const waitCertificate: Handlers<'WAIT_CERT_12'> = {
  certificate12({ hs }, message, env) {
    const transcript = hs.transcript.with(message.raw);
    const { certificates } = message;
    if (certificates.length === 0) {
      // §7.4.6: no certificate, at the server's discretion; TLS 1.2 has no alert of its own for it.
      if (hs.config.clientAuth === 'require') fail('ERR_TLS_NO_CLIENT_CERTIFICATE');
      return { next: { kind: 'WAIT_CKE_12', hs: { presented: null, ...hs, transcript } }, effects: [] };
    }
    const key = presentedKey(certificates, hs.config, env.limits.certificates);
    const peer: PeerIdentity = {
      role: 'client',
      certificates,
      name: null,
      ocspResponse: null,
      signedCertificateTimestamps: [],
    };
    return { next: { kind: 'WAIT_CKE_12', hs: { presented: { peer, key }, ...hs, transcript } }, effects: [] };
  },
};

export const waitKeyExchange: Handlers<'WAIT_CKE_12'> = {
  client_key_exchange({ hs: before }, message, env) {
    const hs = { ...before, transcript: before.transcript.with(message.raw) };
    const { ownKey, credential } = hs;
    if (ownKey.by === 'ecdhe') {
      const premaster = ownKey.key.agree(decodeEcdhePublic(message.body));
      ownKey.key.wipe();
      return afterKeys(hs, premaster, env);
    }

    const ciphertext = decodeEncryptedPreMasterSecret(message.body);
    const { publicKey } = credential.leaf;
    if (publicKey?.kind !== 'rsa') fail('ERR_TLS_INTERNAL');
    const modulusLength = publicKey.modulus.length;
    return {
      // §7.4.7.1: the replacement is drawn whatever will come of the ciphertext.
      next: { kind: 'DECRYPTING_12', hs, replacement: env.random(PREMASTER_LENGTH).slice(), modulusLength },
      effects: [{ do: 'ask', kind: 'decryptPreliminarySecret', ask: { credential, ciphertext, modulusLength } }],
    };
  },
};

/** Suspended: the private operation. No answer is an error. */
export const decrypting: Handlers<'DECRYPTING_12'> = {
  'answer:decryptPreliminarySecret'({ hs, replacement, modulusLength }, answer, env) {
    const block = blockOf(answer, modulusLength);
    const premaster = preliminarySecretFrom(block, hs.hello.message.legacyVersion, replacement);
    wipe(block, replacement);
    return afterKeys(hs, premaster, env);
  },
};

export const waitCertificateVerify: Handlers<'WAIT_CV_12'> = {
  certificate_verify({ hs, agreement }, message, env) {
    const { presented, config } = hs;
    // §7.4.8: over all handshake messages so far, this one not among them.
    const possession = provePossession12(
      env.crypto,
      config.signatureSchemes,
      presented.key,
      hs.transcript.bytes(),
      message,
      'ERR_TLS_BAD_CERTIFICATE_VERIFY',
    );
    return {
      next: {
        kind: 'VERIFYING_PEER_12',
        hs: { ...hs, transcript: hs.transcript.with(message.raw) },
        agreement,
        possession,
      },
      effects: [{ do: 'ask', kind: 'verifyPeer', ask: presented.peer }],
    };
  },
};

/** Suspended: no record is read until the verdict arrives. */
export const verifyingPeer: Handlers<'VERIFYING_PEER_12'> = {
  'answer:verifyPeer'({ hs, agreement, possession }, verdict, env) {
    const client = { by: 'certificate', peer: hs.presented.peer, possession, verdict } as const;
    return { next: { kind: 'WAIT_CCS_12', hs: agreed(hs, agreement, client, env) }, effects: [] };
  },
};

function afterKeys(hs: ClientPresented, premaster: Uint8Array, env: Env): Outcome<AfterKeys> {
  const agreement: Agreement12 = agree12(env.crypto, hs, premaster, hs.transcript);
  const { presented } = hs;
  // §7.4.8: a client that shows a certificate proves that it holds the key.
  if (presented !== null) return { next: { kind: 'WAIT_CV_12', hs: { ...hs, presented }, agreement }, effects: [] };
  return { next: { kind: 'WAIT_CCS_12', hs: agreed(hs, agreement, { by: 'nothing' }, env) }, effects: [] };
}

/** An answer of the wrong length becomes one of the right length that holds no secret; its length is not secret. */
function blockOf(answer: DecryptedSecret, modulusLength: number): Uint8Array {
  if (answer !== null && 'raw' in answer) {
    return answer.raw.length === modulusLength ? answer.raw : new Uint8Array(modulusLength);
  }
  if (answer?.preliminary.length !== PREMASTER_LENGTH) return new Uint8Array(modulusLength);
  return paddedAs(answer.preliminary, modulusLength);
}

/** RFC 8017 §7.2.1: what was inside the padding, inside a padding again, so that there is one way for all. */
function paddedAs(preliminary: Uint8Array, modulusLength: number): Uint8Array {
  const padded = new Uint8Array(modulusLength).fill(0xff);
  padded[0] = 0;
  padded[1] = 2;
  padded[modulusLength - preliminary.length - 1] = 0;
  padded.set(preliminary, modulusLength - preliminary.length);
  wipe(preliminary);
  return padded;
}
