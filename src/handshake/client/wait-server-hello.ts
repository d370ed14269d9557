/**
 * Client: WAIT_SH.
 *
 * Expects ServerHello, or once a HelloRetryRequest. Settles the version first, then what goes with it.
 *
 * @see RFC 9846 §4.2.3 (Server Hello), §4.2.4 (Hello Retry Request), §4.3.1 (Supported Versions)
 * @module
 */

import { constantTimeEqual } from '../../crypto/secret.ts';
import { fail } from '../../errors/errors.ts';
import { keyLogLine } from '../../keys/exporter.ts';
import { deriveEarlySecret, deriveHandshakeSecret, deriveHandshakeTrafficSecrets } from '../../keys/schedule13.ts';
import type { CipherSuite13, NamedGroup } from '../../params/algorithms.ts';
import { EXTENSION, PSK_KEY_EXCHANGE_MODE, VERSION, type VersionName } from '../../params/registries.ts';
import { hashOfPsk, secretOfPsk } from '../../sessions/session.ts';
import { readHelloRetryRequestExtensions, readServerHelloExtensions } from '../../wire/extension-table.ts';
import type { HelloRetryRequest, KeyShareEntry, ServerHello } from '../../wire/messages.ts';
import { receiveServerHello12 } from '../client12/server-hello.ts';
import type { SelectedPsk } from '../client13/states.ts';
import { type Offer, type OfferedShare, secondClientHello } from '../shared/client-hello.ts';
import type { ClientConfig } from '../shared/config.ts';
import type { Effect } from '../shared/effects.ts';
import type { Handlers, Retry } from './states.ts';

export const waitServerHello: Handlers<'WAIT_SH'> = {
  // RFC 5246 §7.4.1.1: no part of the transcript, and ignored while a handshake is under way; TLS 1.3 does not have it.
  hello_request(state) {
    // §4.2.4: after a HelloRetryRequest the version is TLS 1.3.
    if (!state.config.versions.includes('TLS 1.2') || state.retry !== null) {
      fail('ERR_TLS_UNEXPECTED_MESSAGE', 'hello_request');
    }
    return { next: state, effects: [] };
  },

  hello_retry_request({ config, target, offer, transcript, retry }, message, env) {
    // §4.2.4: only one in a connection.
    if (retry !== null) fail('ERR_TLS_SECOND_RETRY');
    // §4.2.3: a ServerHello of TLS 1.2 with just this random is not to be had.
    if (chosenVersion(config, offer, message, retry) !== 'TLS 1.3') fail('ERR_TLS_UNSUPPORTED_VERSION');
    const suite = checkHello(config, offer, message, null);
    const { selectedGroup, cookie } = readHelloRetryRequestExtensions(message.extensions ?? [], offer.offered);
    const group = selectedGroup === undefined ? null : checkRetryGroup(config, offer, selectedGroup);
    // §4.2.4: it has to change the ClientHello.
    if (group === null && cookie === undefined) fail('ERR_TLS_RETRY_WITHOUT_CHANGE');

    // §4.1: ClientHello1 stands in the transcript as its hash.
    const before = transcript.bind(env.crypto, suite.hash).replacedByMessageHash().with(message.raw);
    const second = secondClientHello(config, offer, { group, cookie: cookie ?? null }, before, suite.hash, env);
    // §4.3.8: the shares of the first hello are replaced, so that nobody will answer them.
    if (group !== null) for (const { key } of offer.shares) key.wipe();
    return {
      next: {
        kind: 'WAIT_SH',
        config,
        target,
        offer: second,
        transcript: before.with(second.raw),
        retry: { suite, group },
      },
      effects: [
        { do: 'set-version', version: 'TLS 1.3' },
        // §5.1: nothing can follow it before the second hello was seen.
        { do: 'check-record-boundary' },
        // Appendix E.4: before the second flight, which is this hello.
        ...(config.compatibilityMode && offer.earlyData === null ? [{ do: 'send-change-cipher-spec' } as const] : []),
        // §4.2.2: early data is over, and what follows goes in the clear.
        ...(offer.earlyData === null ? [] : ([{ do: 'remove-write-keys' }, REJECTED] as const)),
        { do: 'send', message: second.raw },
      ],
    };
  },

  server_hello({ config, target, offer, transcript: before, retry }, message, env) {
    if (chosenVersion(config, offer, message, retry) === 'TLS 1.2') {
      return receiveServerHello12({ config, target, offer }, message, env);
    }
    const suite = checkHello(config, offer, message, retry);
    const { keyShare, preSharedKey } = readServerHelloExtensions(message.extensions ?? [], offer.offered);
    const psk = preSharedKey === undefined ? null : checkSelectedPsk(offer, preSharedKey, suite);
    const share = checkShare(config, offer, keyShare, psk);

    const { crypto } = env;
    const transcript = before.bind(crypto, suite.hash).with(message.raw);
    const shared = share === null || keyShare === undefined ? null : share.key.agree(keyShare.keyExchange);
    for (const { key } of offer.shares) key.wipe();
    const early = deriveEarlySecret(crypto, suite.hash, psk === null ? null : secretOfPsk(psk.psk));
    const handshake = deriveHandshakeSecret(crypto, suite.hash, early, shared);
    const { client, server } = deriveHandshakeTrafficSecrets(crypto, suite.hash, handshake, transcript.hash());
    const clientRandom = offer.hello.random;

    return {
      next: {
        kind: 'WAIT_EE',
        hs: {
          config,
          target,
          suite,
          group: share?.group ?? null,
          psk,
          earlyData: offer.earlyData,
          clientRandom,
          offered: offer.offered,
          transcript,
          helloRetryRequest: retry !== null,
          changeCipherSpecDue: config.compatibilityMode && retry === null && offer.earlyData === null,
          secrets: { handshake, client, server },
        },
      },
      effects: [
        { do: 'set-version', version: 'TLS 1.3' },
        ...keyLog(config, clientRandom, client, server),
        { do: 'install-keys', direction: 'read', level: 'handshake', suite, secret: server },
        // Appendix A.1: alerts about what follows are better sent under the handshake keys than in the clear. While early data
        // may still be under way, its keys stay.
        ...(offer.earlyData === null
          ? [{ do: 'install-keys', direction: 'write', level: 'handshake', suite, secret: client } as const]
          : []),
        { do: 'wipe', secrets: shared === null ? [early] : [shared, early] },
      ],
    };
  },
};

const REJECTED = { do: 'early-data', status: 'rejected' } as const;

/** §4.3.11: one of those offered, and of the suite's hash. */
function checkSelectedPsk(offer: Offer, index: number, suite: CipherSuite13): SelectedPsk {
  const psk = offer.psks[index]?.psk;
  if (psk === undefined || psk.kind === 'server-session') fail('ERR_TLS_UNOFFERED_PSK', `identity ${index}`);
  if (hashOfPsk(psk) !== suite.hash) fail('ERR_TLS_PSK_MISMATCH', `${suite.name} with a PSK of ${hashOfPsk(psk)}`);
  return { psk, index };
}

/** The share that the server answered; null when the keys come from the PSK alone. */
function checkShare(
  config: ClientConfig,
  offer: Offer,
  keyShare: KeyShareEntry | undefined,
  psk: SelectedPsk | null,
): OfferedShare | null {
  if (keyShare === undefined) {
    // §4.2.3: without a PSK there is a key_share.
    if (psk === null) fail('ERR_TLS_MISSING_EXTENSION', 'key_share in ServerHello');
    // §4.3.11: and with one too, unless psk_ke was offered.
    if (!config.pskModes.includes(PSK_KEY_EXCHANGE_MODE.psk_ke)) fail('ERR_TLS_PSK_MISMATCH', 'no key_share');
    return null;
  }
  // §4.3.9: a key_share selects psk_dhe_ke.
  if (psk !== null && !config.pskModes.includes(PSK_KEY_EXCHANGE_MODE.psk_dhe_ke)) {
    fail('ERR_TLS_PSK_MISMATCH', 'key_share where only psk_ke was offered');
  }
  // §4.3.8: for a group whose share was sent, after a HelloRetryRequest the one it named.
  const share = offer.shares.find(({ group }) => group.code === keyShare.group);
  if (share === undefined) fail('ERR_TLS_UNOFFERED_GROUP', `0x${keyShare.group.toString(16)}`);
  return share;
}

/** What ServerHello and HelloRetryRequest of TLS 1.3 have in common: echoes, suite. */
function checkHello(
  config: ClientConfig,
  offer: Offer,
  message: ServerHello | HelloRetryRequest,
  retry: Retry | null,
): CipherSuite13 {
  // §4.2.3: legacy_session_id_echo is what was sent.
  const { legacySessionId } = offer.hello;
  if (!constantTimeEqual(message.legacySessionIdEcho, legacySessionId)) fail('ERR_TLS_SESSION_ID_ECHO');
  // §4.2.3: a suite that was offered,
  const suite = config.cipherSuites.find(({ code }) => code === message.cipherSuite);
  if (suite === undefined) fail('ERR_TLS_UNOFFERED_CIPHER_SUITE', `0x${message.cipherSuite.toString(16)}`);
  // §4.2.4: and the same in both of the server's hellos.
  if (retry !== null && suite !== retry.suite) fail('ERR_TLS_CIPHER_SUITE_CHANGED');
  // §4.2.3: no compression.
  if (message.legacyCompressionMethod !== 0) fail('ERR_TLS_BAD_COMPRESSION');
  return suite;
}

/** The version of a ServerHello or HelloRetryRequest, if it is one that this client speaks. */
function chosenVersion(
  config: ClientConfig,
  offer: Offer,
  message: ServerHello | HelloRetryRequest,
  retry: Retry | null,
): VersionName {
  const selected = selectedVersion(message);
  const speaks13 = config.versions.includes('TLS 1.3');
  if (selected === null) {
    // §4.2.4: the version of the HelloRetryRequest is retained.
    if (retry !== null) fail('ERR_TLS_VERSION_CHANGED');
    // §4.2.3: a server that knows TLS 1.3 and was made to choose less says so in its random.
    if (speaks13 && hasDowngradeSentinel(message.random)) fail('ERR_TLS_DOWNGRADE');
    // Appendix E.1: a version that this client does not accept.
    if (!config.versions.includes('TLS 1.2') || message.legacyVersion !== VERSION.TLS12) {
      fail('ERR_TLS_UNSUPPORTED_VERSION', `the server chose 0x${message.legacyVersion.toString(16)}`);
    }
    // Appendix E.3: early data was for a server of TLS 1.3, and this one takes it for something else.
    if (offer.earlyData !== null) fail('ERR_TLS_UNSUPPORTED_VERSION', 'early data was sent to a server of TLS 1.2');
    return 'TLS 1.2';
  }
  // §4.3.1: in answer to a hello that has the extension,
  if (!speaks13) fail('ERR_TLS_UNSOLICITED_EXTENSION', 'supported_versions');
  // §4.3.1: one that was offered, and not before TLS 1.3.
  if (selected !== VERSION.TLS13) fail('ERR_TLS_UNOFFERED_VERSION', `0x${selected.toString(16)}`);
  // §4.2.3: legacy_version of a TLS 1.3 ServerHello is 0x0303.
  if (message.legacyVersion !== VERSION.TLS12) fail('ERR_TLS_SERVER_LEGACY_VERSION');
  return 'TLS 1.3';
}

/** §4.3.1: looked at before the rest of the extensions, whose meaning depends on the version. */
function selectedVersion(message: ServerHello | HelloRetryRequest): number | null {
  const extension = message.extensions?.find(({ type }) => type === EXTENSION.supported_versions);
  if (extension === undefined) return null;
  const [high, low, ...rest] = extension.body;
  if (high === undefined || low === undefined || rest.length > 0) fail('ERR_TLS_DECODE', 'supported_versions');
  return (high << 8) | low;
}

/** §4.2.3: "DOWNGRD" and 0x01 or 0x00 in the last eight bytes. */
function hasDowngradeSentinel(random: Uint8Array): boolean {
  const tail = String.fromCharCode(...random.subarray(24));
  return tail === 'DOWNGRD\x01' || tail === 'DOWNGRD\x00';
}

/** §4.3.8: a group that was offered, and whose share was not sent. */
function checkRetryGroup(config: ClientConfig, offer: Offer, code: number): NamedGroup {
  const group = config.groups.find((candidate) => candidate.code === code);
  if (group === undefined) fail('ERR_TLS_RETRY_GROUP', `0x${code.toString(16)} was not offered`);
  if (offer.shares.some((share) => share.group === group))
    fail('ERR_TLS_RETRY_GROUP', `a share for ${group.name} was sent`);
  return group;
}

function keyLog(
  config: ClientConfig,
  clientRandom: Uint8Array,
  client: Uint8Array,
  server: Uint8Array,
): readonly Effect[] {
  if (!config.keyLog) return [];
  return [
    { do: 'key-log', line: keyLogLine('CLIENT_HANDSHAKE_TRAFFIC_SECRET', clientRandom, client) },
    { do: 'key-log', line: keyLogLine('SERVER_HANDSHAKE_TRAFFIC_SECRET', clientRandom, server) },
  ];
}
