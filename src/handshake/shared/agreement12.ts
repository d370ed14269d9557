/**
 * TLS 1.2: what both ends do with a master secret once they share one. Keys for each direction, Finished, exporters.
 *
 * Client and server behave alike here, so their states share it.
 *
 * @see RFC 5246 §6.3 (Key Calculation), §7.4.9 (Finished), §8.1; RFC 7627 §4; RFC 5929 §3 (tls-unique)
 * @module
 */
import type { CryptoProvider } from '../../crypto/provider.ts';
import { constantTimeEqual, wipe } from '../../crypto/secret.ts';
import { fail } from '../../errors/errors.ts';
import { type Exporter12, keyLogLine } from '../../keys/exporter.ts';
import {
  computeVerifyData12,
  deriveExtendedMasterSecret,
  deriveKeyBlock,
  deriveMasterSecret,
} from '../../keys/schedule12.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { CipherSuite12 } from '../../params/algorithms.ts';
import { encodeHandshake12 } from '../../wire/message12.ts';
import type { FinishedChecked } from './authenticate.ts';
import type { CommonConfig } from './config.ts';
import type { Effect } from './effects.ts';

type Role = 'client' | 'server';

/** What the two hellos fix. */
export interface Hellos12 {
  readonly suite: CipherSuite12;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  /** RFC 7627: the master secret covers the handshake up to ClientKeyExchange. */
  readonly extendedMasterSecret: boolean;
  /** RFC 7366. False with an AEAD suite. */
  readonly encryptThenMac: boolean;
}

/** A master secret, and what turns it into keys. */
export interface Agreement12 extends Hellos12 {
  readonly master: Uint8Array;
}

/**
 * The master secret from a premaster secret, which is overwritten. `transcript` runs through ClientKeyExchange.
 */
export function agree12(
  crypto: CryptoProvider,
  hellos: Hellos12,
  premaster: Uint8Array,
  transcript: Transcript,
): Agreement12 {
  const { suite, clientRandom, serverRandom, extendedMasterSecret } = hellos;
  const { hash } = suite;
  const master = extendedMasterSecret
    ? deriveExtendedMasterSecret(crypto, hash, premaster, transcript.bind(crypto, hash).hash())
    : deriveMasterSecret(crypto, hash, premaster, clientRandom, serverRandom);
  wipe(premaster);
  return { master, ...agreementFields(hellos) };
}

/** The same for a session that is resumed: its master secret under the randoms of now. */
export function resume12(hellos: Hellos12, master: Uint8Array): Agreement12 {
  return { master: master.slice(), ...agreementFields(hellos) };
}

/** Keys for what `owner` writes, to be installed by this side for reading or writing. */
export function installKeys12(
  crypto: CryptoProvider,
  agreement: Agreement12,
  direction: 'read' | 'write',
  owner: Role,
): Effect {
  const { suite, master, clientRandom, serverRandom, encryptThenMac } = agreement;
  const block = deriveKeyBlock(crypto, suite, master, clientRandom, serverRandom);
  wipe(...Object.values(block[owner === 'client' ? 'server' : 'client']));
  return { do: 'install-keys-12', direction, suite, keys: block[owner], encryptThenMac };
}

/** `sender`'s verify_data over the transcript so far. */
export function verifyData12(
  crypto: CryptoProvider,
  { suite, master }: Agreement12,
  sender: Role,
  transcript: Transcript,
): Uint8Array {
  const { hash } = suite;
  return computeVerifyData12(crypto, hash, master, sender, transcript.bind(crypto, hash).hash());
}

/** The Finished message that carries this verify_data. */
export function encodeFinished12(verifyData: Uint8Array): Uint8Array {
  return encodeHandshake12({ type: 'finished', verifyData });
}

/** RFC 5246 §7.4.9: the peer's verify_data, compared in constant time. */
export function checkFinished12(
  crypto: CryptoProvider,
  agreement: Agreement12,
  sender: Role,
  transcript: Transcript,
  verifyData: Uint8Array,
): FinishedChecked {
  const expected = verifyData12(crypto, agreement, sender, transcript);
  // RFC 5246 §7.4.9: twelve bytes with every suite here.
  if (verifyData.length !== expected.length) fail('ERR_TLS_DECODE', `verify_data of ${verifyData.length} bytes`);
  if (!constantTimeEqual(verifyData, expected)) fail('ERR_TLS_BAD_FINISHED');
  return {} as FinishedChecked;
}

/** What can be exported from the connection. `firstFinished`: verify_data of the Finished that came first (RFC 5929 §3.1). */
export function exporterOf12(agreement: Agreement12, firstFinished: Uint8Array): Exporter12 {
  const { suite, master, clientRandom, serverRandom, extendedMasterSecret } = agreement;
  return {
    version: 'TLS 1.2',
    hash: suite.hash,
    secret: master,
    clientRandom,
    serverRandom,
    extendedMasterSecret,
    firstFinished,
  };
}

/** RFC 9850 §2.2: the line that opens a connection of TLS 1.2. */
export function keyLog12(config: CommonConfig, { clientRandom, master }: Agreement12): readonly Effect[] {
  return config.keyLog ? [{ do: 'key-log', line: keyLogLine('CLIENT_RANDOM', clientRandom, master) }] : [];
}

function agreementFields(hellos: Hellos12): Hellos12 {
  const { suite, clientRandom, serverRandom, extendedMasterSecret, encryptThenMac } = hellos;
  return { suite, clientRandom, serverRandom, extendedMasterSecret, encryptThenMac };
}
