/**
 * What must become of a damaged message inside a live handshake of TLS 1.2: the rule by which the mutation test predicts.
 *
 * 1. Bytes that do not have the form of their message are refused for that; the grammar of test/wire says with which code.
 * 2. What has its form may break rules of its section: one of those it breaks is the reason.
 * 3. What passes all of that was changed on its way, and the first proof fails: the signature of ServerKeyExchange where it covers
 *    the change, CertificateVerify, else Finished. No change of the handshake survives.
 *
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import { type ErrorCode, REFUSALS } from '../../src/errors/refusals.ts';
import { readClientHelloExtensions, readServerHello12Extensions } from '../../src/wire/extension-table.ts';
import { decodeEcdheParams, decodeEcdhePublic } from '../../src/wire/key-exchange12.ts';
import { decodeHandshake12 } from '../../src/wire/message12.ts';
import type { ClientHello, ServerHello } from '../../src/wire/messages.ts';
import type { Role } from '../connection/rogue.ts';
import { refusalsOf } from '../wire/verdict.ts';
import { type KeyExchange, refusalsOf12 } from '../wire/verdict12.ts';

/** What the victim knows when the message arrives. */
export interface Circumstances12 {
  readonly victim: Role;
  readonly honest: Uint8Array;
  /** Types of the extensions that the victim has asked for. */
  readonly asked: ReadonlySet<number>;
  readonly keyExchange: KeyExchange;
  /** The client shows a certificate. */
  readonly mutual: boolean;
  readonly resumed: boolean;
  readonly suites: readonly number[];
  readonly alpn: readonly string[];
}

const X25519 = 0x001d;
const ECDSA_P256 = 0x0403;
const SCHEMES = [
  0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0807, 0x0808, 0x0401, 0x0501, 0x0601,
];

/** The alerts of these codes, written here once more and not looked up. */
const ALERT: Partial<Record<ErrorCode, AlertName>> = {
  ERR_TLS_BAD_FINISHED: 'decrypt_error',
  ERR_TLS_BAD_SERVER_KEY_EXCHANGE: 'decrypt_error',
  ERR_TLS_BAD_CERTIFICATE_VERIFY: 'decrypt_error',
  ERR_TLS_UNSUPPORTED_VERSION: 'protocol_version',
  ERR_TLS_NO_SHARED_CIPHER_SUITE: 'handshake_failure',
  ERR_TLS_NO_SHARED_SIGNATURE_SCHEME: 'handshake_failure',
  ERR_TLS_RENEGOTIATION_INFO: 'handshake_failure',
  ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED: 'handshake_failure',
  ERR_TLS_NO_CLIENT_CERTIFICATE: 'handshake_failure',
  ERR_TLS_NO_APPLICATION_PROTOCOL: 'no_application_protocol',
  ERR_TLS_EMPTY_SERVER_CERTIFICATE: 'decode_error',
  ERR_TLS_DECODE: 'decode_error',
  ERR_TLS_TRAILING_DATA: 'decode_error',
  ERR_TLS_UNSOLICITED_EXTENSION: 'unsupported_extension',
  ERR_TLS_UNEXPECTED_MESSAGE: 'unexpected_message',
  ERR_TLS_BAD_CHANGE_CIPHER_SPEC: 'unexpected_message',
};

/** Every other code of the handshake says illegal_parameter; certificates have a table of their own. */
export function alertOf12(code: ErrorCode): AlertName | null {
  if (code.startsWith('ERR_CERT_')) return REFUSALS[code][0];
  return ALERT[code] ?? 'illegal_parameter';
}

/** The codes of which any one is right. */
export function predict12(raw: Uint8Array, here: Circumstances12): readonly ErrorCode[] | 'any of certificates' {
  const formal = raw[0] === 1 ? refusalsOf(raw, here.asked) : refusalsOf12(raw, here.asked, here.keyExchange);
  if (formal.length > 0) return formal.map(({ code }) => code);

  const message = decodeHandshake12(raw);
  const proof: ErrorCode =
    here.victim === 'server' && here.mutual ? 'ERR_TLS_BAD_CERTIFICATE_VERIFY' : 'ERR_TLS_BAD_FINISHED';
  switch (message.type) {
    case 'client_hello':
      return clientHello(message, here, proof);
    case 'server_hello':
      return serverHello(message, here);
    case 'certificate12': {
      if (message.certificates.length > 0) return 'any of certificates';
      return [here.victim === 'client' ? 'ERR_TLS_EMPTY_SERVER_CERTIFICATE' : 'ERR_TLS_NO_CLIENT_CERTIFICATE'];
    }
    case 'server_key_exchange': {
      const { group, scheme } = decodeEcdheParams(message.body);
      if (group !== X25519 && group !== 0x0017) return ['ERR_TLS_UNOFFERED_GROUP'];
      if (!SCHEMES.includes(scheme)) return ['ERR_TLS_UNOFFERED_SIGNATURE_SCHEME'];
      if (![0x0403, 0x0503, 0x0603].includes(scheme)) return ['ERR_TLS_SCHEME_KEY_MISMATCH'];
      return ['ERR_TLS_BAD_SERVER_KEY_EXCHANGE'];
    }
    case 'client_key_exchange':
      if (here.keyExchange === 'rsa') return [proof];
      return decodeEcdhePublic(message.body).length === 32 ? [proof] : ['ERR_TLS_BAD_KEY_SHARE'];
    case 'certificate_verify':
      if (!SCHEMES.includes(message.scheme)) return ['ERR_TLS_UNOFFERED_SIGNATURE_SCHEME'];
      return message.scheme === 0x0807 ? ['ERR_TLS_BAD_CERTIFICATE_VERIFY'] : ['ERR_TLS_SCHEME_KEY_MISMATCH'];
    case 'finished':
      return message.verifyData.length === 12 ? ['ERR_TLS_BAD_FINISHED'] : ['ERR_TLS_DECODE'];
    default:
      return [proof];
  }
}

function clientHello(hello: ClientHello, here: Circumstances12, proof: ErrorCode): readonly ErrorCode[] {
  const extensions = readClientHelloExtensions(hello.extensions);
  const broken: ErrorCode[] = [];
  const rule = (right: boolean, code: ErrorCode): void => void (right || broken.push(code));
  rule(hello.legacyVersion >= 0x0303, 'ERR_TLS_UNSUPPORTED_VERSION');
  rule(hello.legacyCompressionMethods.includes(0), 'ERR_TLS_BAD_COMPRESSION');
  rule((extensions.renegotiationInfo?.length ?? 0) === 0, 'ERR_TLS_RENEGOTIATION_INFO');
  rule(extensions.ecPointFormats?.includes(0) ?? true, 'ERR_TLS_POINT_FORMATS');
  rule((extensions.recordSizeLimit ?? 64) >= 64, 'ERR_TLS_BAD_RECORD_SIZE_LIMIT');
  const fragment = extensions.maxFragmentLength ?? 1;
  rule(extensions.recordSizeLimit !== undefined || (fragment >= 1 && fragment <= 4), 'ERR_TLS_BAD_MAX_FRAGMENT_LENGTH');
  rule(extensions.alpn?.some((name) => here.alpn.includes(name)) ?? true, 'ERR_TLS_NO_APPLICATION_PROTOCOL');
  rule(
    hello.cipherSuites.some((suite) => here.suites.includes(suite)),
    'ERR_TLS_NO_SHARED_CIPHER_SUITE',
  );
  if (here.keyExchange === 'ecdhe' && !here.resumed) {
    const groups = extensions.supportedGroups ?? [];
    const schemes = extensions.signatureAlgorithms ?? [];
    const usable = schemes.filter((scheme) => SCHEMES.includes(scheme));
    rule(usable.length > 0, 'ERR_TLS_NO_SHARED_CIPHER_SUITE');
    rule(
      usable.length === 0 || usable.some((scheme) => [ECDSA_P256, 0x0503, 0x0603].includes(scheme)),
      'ERR_TLS_NO_SHARED_SIGNATURE_SCHEME',
    );
    const open = extensions.supportedGroups === undefined;
    rule(open || groups.includes(X25519) || groups.includes(0x0017), 'ERR_TLS_NO_SHARED_CIPHER_SUITE');
    // RFC 8422 §5.3: the curve of the certificate is one of the client's.
    rule(open || groups.includes(0x0017), 'ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');
    // Another group is chosen, and the honest client's point is none of it.
    if (broken.length === 0) rule(!open && groups.includes(X25519), 'ERR_TLS_BAD_KEY_SHARE');
  }
  if (broken.length > 0) return broken;
  if (!here.resumed) return [proof];
  // The session is not known any more, or belongs to another name: a full handshake, in which change_cipher_spec comes too soon.
  const full: readonly ErrorCode[] = [
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'ERR_TLS_NO_SHARED_CIPHER_SUITE',
    'ERR_TLS_NO_SHARED_SIGNATURE_SCHEME',
  ];
  return [extensions.extendedMainSecret ? proof : 'ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED', ...full];
}

function serverHello(hello: ServerHello, here: Circumstances12): readonly ErrorCode[] {
  const honest = decodeHandshake12(here.honest);
  if (honest.type !== 'server_hello') throw new Error('a ServerHello is needed');
  const extensions = readServerHello12Extensions(hello.extensions, here.asked);
  const promised = readServerHello12Extensions(honest.extensions, here.asked);
  const broken: ErrorCode[] = [];
  const rule = (right: boolean, code: ErrorCode): void => void (right || broken.push(code));
  rule(hello.legacyVersion === 0x0303, 'ERR_TLS_UNSUPPORTED_VERSION');
  rule(here.suites.includes(hello.cipherSuite), 'ERR_TLS_UNOFFERED_CIPHER_SUITE');
  rule(hello.legacyCompressionMethod === 0, 'ERR_TLS_BAD_COMPRESSION');
  rule((extensions.renegotiationInfo?.length ?? 0) === 0, 'ERR_TLS_RENEGOTIATION_INFO');
  rule(extensions.ecPointFormats?.includes(0) ?? true, 'ERR_TLS_POINT_FORMATS');
  rule(extensions.alpn === undefined || here.alpn.includes(extensions.alpn), 'ERR_TLS_UNOFFERED_PROTOCOL');
  const { recordSizeLimit, maxFragmentLength } = extensions;
  rule(
    recordSizeLimit === undefined || (recordSizeLimit >= 64 && maxFragmentLength === undefined),
    'ERR_TLS_BAD_RECORD_SIZE_LIMIT',
  );
  rule(maxFragmentLength === undefined || maxFragmentLength === 4, 'ERR_TLS_BAD_MAX_FRAGMENT_LENGTH');
  if (broken.length > 0) return broken;

  const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
  if (here.resumed) {
    // Another ID is that of a new session, for which a certificate is due.
    if (!same(hello.legacySessionIdEcho, honest.legacySessionIdEcho)) {
      return ['ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'ERR_TLS_UNEXPECTED_MESSAGE'];
    }
    if (!extensions.extendedMainSecret) return ['ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED'];
  }
  // CertificateStatus comes although it was not promised,
  if (promised.statusRequest && !extensions.statusRequest) return ['ERR_TLS_UNEXPECTED_MESSAGE'];
  if (here.keyExchange === 'ecdhe' && !here.resumed && !same(hello.random, honest.random)) {
    return ['ERR_TLS_BAD_SERVER_KEY_EXCHANGE'];
  }
  // or the ticket; or it was, and does not come.
  if (promised.sessionTicket && !extensions.sessionTicket) return ['ERR_TLS_UNEXPECTED_MESSAGE'];
  if (!promised.sessionTicket && extensions.sessionTicket) return ['ERR_TLS_BAD_CHANGE_CIPHER_SPEC'];
  return ['ERR_TLS_BAD_FINISHED'];
}
