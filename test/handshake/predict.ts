/**
 * What must become of a damaged message inside a live handshake: the rule by which the mutation test predicts.
 *
 * 1. Bytes that do not have the form of their message are refused for that; the grammar of test/wire says with which code.
 * 2. What has its form is held against the rules of its section, in the order in which a receiver learns the values: the fields
 *    of the message, then its block of extensions (again the grammar's matter), then what the extensions say.
 * 3. What passes all of that is an honest message that was changed on its way. The receiver goes on, and the first proof over
 *    the transcript fails: the binder of a PSK, else CertificateVerify, else Finished, each with decrypt_error. So no valid
 *    change of the handshake survives.
 * 4. After the handshake nothing proves a message but its record, which the rogue can make: what is valid is accepted.
 *
 * Values are read with the codecs of src/wire, which the same mutations have tested against the grammar; src/handshake is not
 * asked.
 *
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { readClientHelloExtensions } from '../../src/wire/extension-table.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello, ClientHelloExtensions, Extension, HandshakeMessage13 } from '../../src/wire/messages.ts';
import type { Level, Role } from '../connection/rogue.ts';
import { dissect, type Refusal, refusalsOf } from '../wire/verdict.ts';

/** Null codes: the connection stands. */
export interface Prediction {
  readonly codes: readonly ErrorCode[];
  readonly alert: AlertName | null;
  readonly under: Level | null;
}

/** What the victim knows when the message arrives, and what comes after it. */
export interface Circumstances {
  readonly victim: Role;
  /** The honest message. */
  readonly honest: Uint8Array;
  /** Types of the extensions that the victim has asked for. */
  readonly asked: ReadonlySet<number>;
  /** True when the client shows a certificate. */
  readonly mutual: boolean;
  /** True when the client stands on a PSK that the server takes, and when it has sent early data with it. */
  readonly psk: boolean;
  readonly early: boolean;
  /** The ClientHello that the victim has sent, or the first one that it has received. */
  readonly hello: ClientHello;
  /** True behind a HelloRetryRequest. */
  readonly retried: boolean;
  /** The second ClientHello that the honest peer sends when it is asked for one; null where it is not. */
  readonly second: Uint8Array | null;
  /** The ticket whose session the server knows, and may use for this name alone. */
  readonly resumes: { readonly ticket: Uint8Array; readonly serverName: string } | null;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly schemes: readonly number[];
  readonly alpn: readonly string[];
}

const ACCEPTED: Prediction = { codes: [], alert: null, under: null };

const refuse = (code: ErrorCode, alert: AlertName, under: Level): Prediction => ({ codes: [code], alert, under });

export function predict(raw: Uint8Array, here: Circumstances): Prediction {
  const under = underOf(here);
  const anatomy = dissect(raw);
  if ('code' in anatomy) return { codes: [anatomy.code], alert: anatomy.alert, under };

  const message = decodeHandshake(raw);
  const semantic = (code: ErrorCode, alert: AlertName): Prediction => refuse(code, alert, under);
  const block = (): Prediction | null => ofBlock(refusalsOf(raw, here.asked), under);
  switch (message.type) {
    case 'client_hello':
      return block() ?? (here.retried ? secondHello(message, here) : firstHello(message, here));
    case 'server_hello':
    case 'hello_retry_request':
      return serverHello(message, here, block);
    case 'encrypted_extensions': {
      const alpn = message.extensions.find(({ type }) => type === 16)?.body;
      const refused = block();
      if (refused !== null) return refused;
      const name = alpn === undefined ? null : Buffer.from(alpn.subarray(3)).toString('latin1');
      const early = message.extensions.some(({ type }) => type === 42);
      // RFC 7301 §3.1.
      if (name !== null && !here.alpn.includes(name))
        return semantic('ERR_TLS_UNOFFERED_PROTOCOL', 'illegal_parameter');
      // §4.3.10: early data is for the protocol of its session.
      if (early && name === null) return semantic('ERR_TLS_EARLY_DATA_MISMATCH', 'illegal_parameter');
      // Early data that is not accepted leaves its keys.
      return proofFails(early ? here : { ...here, early: false });
    }
    case 'certificate_request':
      // §4.4.2.
      if (message.context.length > 0) return semantic('ERR_TLS_BAD_REQUEST_CONTEXT', 'illegal_parameter');
      if (block() === null && message.extensions.every(({ type }) => type !== 13)) {
        return semantic('ERR_TLS_MISSING_EXTENSION', 'missing_extension');
      }
      return block() ?? proofFails(here);
    case 'certificate': {
      // §4.5.1, §4.5.1.3.
      if (message.context.length > 0) return semantic('ERR_TLS_BAD_REQUEST_CONTEXT', 'illegal_parameter');
      const [leaf] = message.entries;
      if (leaf === undefined) {
        return here.victim === 'client'
          ? semantic('ERR_TLS_EMPTY_SERVER_CERTIFICATE', 'decode_error')
          : semantic('ERR_TLS_CERTIFICATE_REQUIRED', 'certificate_required');
      }
      const honest = decodeHandshake(here.honest);
      const certificate = honest.type === 'certificate' ? honest.entries[0]?.certificate : undefined;
      // A certificate with a byte more or less is no DER.
      if (certificate === undefined || !same(leaf.certificate, certificate)) {
        const longer = certificate !== undefined && leaf.certificate.length > certificate.length;
        return semantic(longer ? 'ERR_CERT_DER_TRAILING' : 'ERR_CERT_DECODE', 'bad_certificate');
      }
      return block() ?? proofFails(here);
    }
    case 'certificate_verify':
      // §4.5.2: no field but the signature changes here.
      return semantic('ERR_TLS_BAD_CERTIFICATE_VERIFY', 'decrypt_error');
    case 'finished':
      // §4.5.3: another length does not decode.
      return message.verifyData.length === 32
        ? semantic('ERR_TLS_BAD_FINISHED', 'decrypt_error')
        : semantic('ERR_TLS_DECODE', 'decode_error');
    case 'end_of_early_data':
      return proofFails(here);
    case 'new_session_ticket':
    case 'key_update':
      return block() ?? ACCEPTED;
    default:
      return message satisfies never;
  }
}

/** The next proof over the transcript. */
function proofFails({ victim, mutual, psk, early }: Circumstances): Prediction {
  if (victim === 'client' && psk) return refuse('ERR_TLS_BAD_FINISHED', 'decrypt_error', early ? 'early' : 'handshake');
  if (victim === 'client') return refuse('ERR_TLS_BAD_CERTIFICATE_VERIFY', 'decrypt_error', 'handshake');
  if (mutual) return refuse('ERR_TLS_BAD_CERTIFICATE_VERIFY', 'decrypt_error', 'application');
  return refuse('ERR_TLS_BAD_FINISHED', 'decrypt_error', 'application');
}

function ofBlock(refusals: readonly Refusal[], under: Level): Prediction | null {
  const [first] = refusals;
  if (first === undefined) return null;
  // Several bodies of one block: no order among them is prescribed, and all of them have the same alert here.
  if (refusals.some(({ alert }) => alert !== first.alert)) throw new Error('one prediction is needed');
  return { codes: refusals.map(({ code }) => code), alert: first.alert, under };
}

/** The victim's own write keys when the message arrives. */
function underOf({ victim, honest, early }: Circumstances): Level {
  const type = honest[0] ?? 0;
  if (victim === 'client' && early) return 'early';
  if (type === 1 || type === 2) return 'plaintext';
  if (type === 4 || type === 24 || victim === 'server') return 'application';
  return 'handshake';
}

// ---------------------------------------------------------------- hellos

type ServerHellos = Extract<HandshakeMessage13, { type: 'server_hello' | 'hello_retry_request' }>;

function serverHello(message: ServerHellos, here: Circumstances, block: () => Prediction | null): Prediction {
  const clear = (code: ErrorCode, alert: AlertName): Prediction => refuse(code, alert, underOf(here));
  const extensions = message.extensions ?? [];
  const version = extensions.find(({ type }) => type === 43)?.body;
  // §4.3.1: the version first. Without it the message is of TLS 1.2.
  if (version === undefined && here.retried) return clear('ERR_TLS_VERSION_CHANGED', 'illegal_parameter');
  if (version === undefined) return clear('ERR_TLS_UNSUPPORTED_VERSION', 'protocol_version');
  if (version.length !== 2) return clear('ERR_TLS_DECODE', 'decode_error');
  if (uint16(version) !== 0x0304) return clear('ERR_TLS_UNOFFERED_VERSION', 'illegal_parameter');
  if (message.legacyVersion !== 0x0303) return clear('ERR_TLS_SERVER_LEGACY_VERSION', 'protocol_version');
  // §4.2.3.
  if (!same(message.legacySessionIdEcho, here.hello.legacySessionId))
    return clear('ERR_TLS_SESSION_ID_ECHO', 'illegal_parameter');
  if (!here.suites.includes(message.cipherSuite)) return clear('ERR_TLS_UNOFFERED_CIPHER_SUITE', 'illegal_parameter');
  if (message.legacyCompressionMethod !== 0) return clear('ERR_TLS_BAD_COMPRESSION', 'illegal_parameter');
  const refused = block();
  if (refused !== null) return refused;

  const share = extensions.find(({ type }) => type === 51)?.body;
  const sent = readClientHelloExtensions(here.hello.extensions).keyShare ?? [];
  if (message.type === 'hello_retry_request') {
    const cookie = extensions.some(({ type }) => type === 44);
    if (share === undefined && !cookie) return clear('ERR_TLS_RETRY_WITHOUT_CHANGE', 'illegal_parameter');
    // §4.3.8: the share that follows is of a group that this hello did not ask for.
    if (share === undefined && asksForGroup(here)) return clear('ERR_TLS_UNOFFERED_GROUP', 'illegal_parameter');
    return proofFails(here);
  }
  const psk = here.psk && extensions.some(({ type }) => type === 41);
  // §4.3.11: with a PSK too, where psk_dhe_ke alone was offered.
  if (share === undefined && psk) return clear('ERR_TLS_PSK_MISMATCH', 'illegal_parameter');
  // §4.2.3, §4.3.8.
  if (share === undefined) return clear('ERR_TLS_MISSING_EXTENSION', 'missing_extension');
  const group = uint16(share);
  if (sent.every((one) => one.group !== group)) return clear('ERR_TLS_UNOFFERED_GROUP', 'illegal_parameter');
  if (share.length - 4 !== (group === 0x0017 ? 65 : 32)) return clear('ERR_TLS_BAD_KEY_SHARE', 'illegal_parameter');
  // Without its PSK the server owes a certificate, and its Finished comes too soon.
  if (here.psk && !psk) return afterLostPsk(here);
  return proofFails(here);
}

/** EncryptedExtensions may still say that early data is accepted, which it cannot be. */
function afterLostPsk({ early }: Circumstances): Prediction {
  if (early) return refuse('ERR_TLS_EARLY_DATA_MISMATCH', 'illegal_parameter', 'early');
  return refuse('ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message', 'handshake');
}

function asksForGroup({ honest }: Circumstances): boolean {
  const message = decodeHandshake(honest);
  return message.type === 'hello_retry_request' && message.extensions?.some(({ type }) => type === 51) === true;
}

function firstHello(message: ClientHello, here: Circumstances): Prediction {
  const clear = (code: ErrorCode, alert: AlertName): Prediction => refuse(code, alert, 'plaintext');
  const extensions = readClientHelloExtensions(message.extensions);
  // §4.3.1, §4.2.2, §9.2.
  if (!extensions.supportedVersions?.includes(0x0304)) return clear('ERR_TLS_UNSUPPORTED_VERSION', 'protocol_version');
  const refused = ofTls13(message, extensions);
  if (refused !== null) return refused;
  if (!message.cipherSuites.some((suite) => here.suites.includes(suite))) {
    return clear('ERR_TLS_NO_SHARED_CIPHER_SUITE', 'handshake_failure');
  }
  // RFC 7301 §3.2.
  if (extensions.alpn !== undefined && !extensions.alpn.some((name) => here.alpn.includes(name))) {
    return clear('ERR_TLS_NO_APPLICATION_PROTOCOL', 'no_application_protocol');
  }
  if (takesPsk(extensions, here)) return clear('ERR_TLS_BAD_BINDER', 'decrypt_error');
  return withCertificate(message, extensions, here);
}

/** §4.3.11: a session that is known, for the name that it is for. Its binder covers all but the binders. */
function takesPsk(
  { preSharedKey, pskKeyExchangeModes, serverName }: ClientHelloExtensions,
  { resumes }: Circumstances,
): boolean {
  if (resumes === null || preSharedKey === undefined || !pskKeyExchangeModes?.includes(1)) return false;
  return (
    serverName === resumes.serverName && preSharedKey.identities.some(({ identity }) => same(identity, resumes.ticket))
  );
}

function withCertificate(message: ClientHello, extensions: ClientHelloExtensions, here: Circumstances): Prediction {
  const clear = (code: ErrorCode, alert: AlertName): Prediction => refuse(code, alert, 'plaintext');
  const { signatureAlgorithms, supportedGroups = [], keyShare = [] } = extensions;
  // §4.3.3.
  if (signatureAlgorithms === undefined) return clear('ERR_TLS_MISSING_EXTENSION', 'missing_extension');
  // §4.3.8.
  const groups = keyShare.map(({ group }) => group);
  if (new Set(groups).size < groups.length) return clear('ERR_TLS_DUPLICATE_KEY_SHARE', 'illegal_parameter');
  if (!groups.every((group) => supportedGroups.includes(group))) {
    return clear('ERR_TLS_KEY_SHARE_NOT_IN_GROUPS', 'illegal_parameter');
  }
  if (!supportedGroups.some((group) => here.groups.includes(group))) {
    return clear('ERR_TLS_NO_SHARED_GROUP', 'handshake_failure');
  }
  const share = keyShare.find(({ group }) => here.groups.includes(group));
  // §4.2.4: a HelloRetryRequest goes out. What follows is the honest second hello, to be held against this first one,
  if (share === undefined && here.second !== null) {
    return predict(here.second, { ...here, honest: here.second, hello: message, retried: true });
  }
  // or no ClientHello at all.
  if (share === undefined) return clear('ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message');
  if (!signatureAlgorithms.some((scheme) => here.schemes.includes(scheme))) {
    return clear('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME', 'handshake_failure');
  }
  return badShare(share) ?? proofFails(here);
}

function secondHello(message: ClientHello, here: Circumstances): Prediction {
  const clear = (code: ErrorCode, alert: AlertName): Prediction => refuse(code, alert, 'plaintext');
  const CHANGED = clear('ERR_TLS_SECOND_HELLO_CHANGED', 'illegal_parameter');
  const { hello: first } = here;
  const honest = decodeHandshake(here.honest);
  if (honest.type !== 'client_hello') throw new Error('a ClientHello is needed');
  // §4.2.2: all fields as before.
  const fields = ({
    legacyVersion,
    random,
    legacySessionId,
    cipherSuites,
    legacyCompressionMethods,
  }: ClientHello): string =>
    JSON.stringify([legacyVersion, [...random], [...legacySessionId], cipherSuites, [...legacyCompressionMethods]]);
  if (fields(message) !== fields(first)) return CHANGED;
  const extensions = readClientHelloExtensions(message.extensions);
  // §4.3.2.
  const { cookie } = readClientHelloExtensions(honest.extensions);
  if (cookie === undefined ? extensions.cookie !== undefined : !same(extensions.cookie ?? new Uint8Array(0), cookie)) {
    return clear('ERR_TLS_BAD_COOKIE', 'illegal_parameter');
  }
  // §4.3.8: the one share that was asked for.
  const [share, ...more] = extensions.keyShare ?? [];
  if (share === undefined || more.length > 0 || !here.groups.includes(share.group)) return CHANGED;
  // §4.2.2: all other extensions as before. The place of those that may change is not looked at.
  const rest = (list: readonly Extension[] | null): string =>
    JSON.stringify(
      (list ?? []).filter(({ type }) => ![51, 44, 42, 41, 21].includes(type)).map(({ type, body }) => [type, ...body]),
    );
  if (rest(message.extensions) !== rest(first.extensions)) return CHANGED;
  return ofTls13(message, extensions) ?? badShare(share) ?? proofFails(here);
}

/** §4.2.2, §9.2: what every ClientHello of TLS 1.3 fulfils. */
function ofTls13(message: ClientHello, extensions: ClientHelloExtensions): Prediction | null {
  const clear = (code: ErrorCode, alert: AlertName): Prediction => refuse(code, alert, 'plaintext');
  if (message.legacyVersion !== 0x0303) return clear('ERR_TLS_BAD_LEGACY_VERSION', 'protocol_version');
  const methods = message.legacyCompressionMethods;
  if (methods.length !== 1 || methods[0] !== 0) return clear('ERR_TLS_BAD_COMPRESSION', 'illegal_parameter');
  const { preSharedKey, signatureAlgorithms, supportedGroups, keyShare, pskKeyExchangeModes } = extensions;
  const incomplete =
    (preSharedKey === undefined && (signatureAlgorithms === undefined || supportedGroups === undefined)) ||
    (supportedGroups === undefined) !== (keyShare === undefined) ||
    (preSharedKey !== undefined && pskKeyExchangeModes === undefined);
  return incomplete ? clear('ERR_TLS_MISSING_EXTENSION', 'missing_extension') : null;
}

/** §4.3.8.2: shares have one length each. */
function badShare({
  group,
  keyExchange,
}: {
  readonly group: number;
  readonly keyExchange: Uint8Array;
}): Prediction | null {
  if (keyExchange.length === (group === 0x0017 ? 65 : 32)) return null;
  return refuse('ERR_TLS_BAD_KEY_SHARE', 'illegal_parameter', 'plaintext');
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function uint16(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}
