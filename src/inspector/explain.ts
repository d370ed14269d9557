/**
 * What a sighting means, in one line for people: everything said is read from the message itself.
 *
 * @see RFC 9846 §4 (Handshake Protocol)
 * @module
 */
import { decodeCertificate } from '../certs/certificate.ts';
import { alertName } from '../errors/alerts.ts';
import { byCode, CIPHER_SUITES, CIPHER_SUITES_12, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../params/algorithms.ts';
import { EXTENSION, isGrease, VERSION } from '../params/registries.ts';
import {
  readCertificateRequestExtensions,
  readClientHelloExtensions,
  readEncryptedExtensions,
  readHelloRetryRequestExtensions,
  readNewSessionTicketExtensions,
  readServerHello12Extensions,
  readServerHelloExtensions,
} from '../wire/extension-table.ts';
import { decodeEcdheParams } from '../wire/key-exchange12.ts';
import type { ClientHello, Extension, ServerHello } from '../wire/messages.ts';
import type { SeenMessage, Sender, Sighting } from './sighting.ts';

/** The name of what was seen: "ClientHello", "alert close_notify". */
export function titleOf(sighting: Sighting): string {
  switch (sighting.kind) {
    case 'message':
      return camelCase(sighting.message.type.replace('12', ''));
    case 'data':
      return 'application data';
    case 'alert':
      return `alert ${alertName(sighting.description) ?? sighting.description}`;
    case 'change-cipher-spec':
      return 'change_cipher_spec';
    case 'sealed':
      return 'sealed record';
  }
}

/** What it says, in a line without its end. Throws TlsError for a message whose extensions do not decode. */
export function explain(sighting: Sighting): string {
  switch (sighting.kind) {
    case 'message':
      return explainMessage(sighting.message, sighting.from);
    case 'data':
      return preview(sighting.data);
    case 'alert':
      return alertName(sighting.description) === 'close_notify'
        ? `the ${sighting.from} writes nothing more`
        : 'the end';
    case 'change-cipher-spec':
      return sighting.dummy
        ? 'means nothing in TLS 1.3; for middleboxes that wait for it'
        : `what the ${sighting.from} sends from here on is encrypted`;
    case 'sealed':
      return 'the key log has no key for it';
  }
}

function explainMessage(message: SeenMessage, from: Sender): string {
  switch (message.type) {
    case 'client_hello':
      return explainClientHello(message);
    case 'server_hello':
      return explainServerHello(message);
    case 'hello_retry_request': {
      const { selectedGroup, cookie } = readHelloRetryRequestExtensions(message.extensions, allOf(message.extensions));
      const wishes = [
        ...(selectedGroup === undefined ? [] : [`a share for ${groupName(selectedGroup)}`]),
        ...(cookie === undefined ? [] : [`${cookie.length} bytes of cookie back`]),
      ];
      return `asks for another ClientHello, with ${wishes.join(' and ')}`;
    }
    case 'encrypted_extensions': {
      const { alpn, serverName, earlyData } = readEncryptedExtensions(message.extensions, allOf(message.extensions));
      const said = [
        ...(serverName ? ['the name is known'] : []),
        ...(alpn === undefined ? [] : [`speaks ${alpn}`]),
        ...(earlyData ? ['takes the early data'] : []),
      ];
      return said.length === 0 ? 'nothing to add' : said.join('; ');
    }
    case 'certificate_request': {
      const { signatureAlgorithms = [] } = readCertificateRequestExtensions(message.extensions);
      return `asks for a certificate too; takes ${signatureAlgorithms.length} signature schemes`;
    }
    case 'certificate':
      return explainCertificate(message.entries.map(({ certificate }) => certificate));
    case 'certificate_verify':
      return `${schemeName(message.scheme)} over all so far: the ${from} has that key`;
    case 'finished':
      return `${message.verifyData.length}-byte MAC over all so far: nobody has changed a bit of it`;
    case 'key_update':
      return `new keys for what the ${from} writes${message.requestUpdate ? ', and please do likewise' : ''}`;
    case 'new_session_ticket': {
      const { maxEarlyDataSize: early } = readNewSessionTicketExtensions(message.extensions);
      const also = early === undefined ? '' : ` and ${early} bytes of early data`;
      return `a ticket of ${message.ticket.length} bytes, good for ${message.lifetime} s${also}`;
    }
    case 'end_of_early_data':
      return 'no more early data';
    case 'hello_request':
    case 'certificate12':
    case 'certificate_status':
    case 'server_key_exchange':
    case 'certificate_request12':
    case 'server_hello_done':
    case 'client_key_exchange':
    case 'new_session_ticket12':
      return explainMessage12(message);
  }
}

function explainServerHello12(message: ServerHello): string {
  const suite = byCode(CIPHER_SUITES_12, message.cipherSuite)?.name ?? hex(message.cipherSuite);
  const { extensions, legacySessionIdEcho: id } = message;
  const { extendedMainSecret, alpn } = readServerHello12Extensions(extensions, allOf(extensions));
  return [
    `TLS 1.2, ${suite}`,
    ...(extendedMainSecret ? [] : ['no extended main secret']),
    ...(alpn === undefined ? [] : [alpn]),
    ...(id.length === 0 ? [] : ['a session ID']),
  ].join(', ');
}

type Message12 = Extract<
  SeenMessage,
  {
    type:
      | 'hello_request'
      | 'certificate12'
      | 'certificate_status'
      | 'server_key_exchange'
      | 'certificate_request12'
      | 'server_hello_done'
      | 'client_key_exchange'
      | 'new_session_ticket12';
  }
>;

function explainMessage12(message: Message12): string {
  switch (message.type) {
    case 'hello_request':
      return 'asks for another handshake';
    case 'certificate12':
      return explainCertificate(message.certificates);
    case 'certificate_status':
      return `an OCSP response of ${message.response.length} bytes for it`;
    case 'server_key_exchange': {
      const { group, scheme } = decodeEcdheParams(message.body);
      return `a share for ${groupName(group)}, signed with ${schemeName(scheme)}`;
    }
    case 'certificate_request12':
      return `asks for a certificate too; takes ${plural(message.signatureAlgorithms.length, 'signature scheme')}`;
    case 'server_hello_done':
      return 'the client’s turn';
    case 'client_key_exchange':
      // A point is at most 133 bytes behind its one byte of length; a ciphertext of RSA is longer.
      return message.body.length <= 134
        ? 'its own share: now both have keys'
        : 'a secret, encrypted to the key of the certificate';
    case 'new_session_ticket12':
      return `a ticket of ${message.ticket.length} bytes, good for ${message.lifetimeHint} s`;
  }
}

function explainClientHello(message: ClientHello): string {
  const { supportedVersions, keyShare, serverName, alpn, preSharedKey, earlyData } = readClientHelloExtensions(
    message.extensions,
  );
  const versions = (supportedVersions ?? [message.legacyVersion]).includes(VERSION.TLS13) ? 'TLS 1.3' : 'TLS 1.2';
  // RFC 8701: GREASE offers nothing.
  const suites = message.cipherSuites.filter((code) => !isGrease(code));
  const shares = (keyShare ?? []).flatMap(({ group }) => (isGrease(group) ? [] : [groupName(group)]));
  const [psk, ...more] = preSharedKey?.identities ?? [];
  return [
    `${versions}, ${plural(suites.length, 'suite')}`,
    ...(psk === undefined
      ? []
      : [`a PSK of ${psk.identity.length} bytes${more.length === 0 ? '' : ` +${more.length}`}`]),
    ...(earlyData ? ['early data'] : []),
    shares.length === 0 ? 'no shares' : shares.join(' + '),
    ...(serverName === undefined ? [] : [`for ${serverName}`]),
    ...(alpn === undefined ? [] : [alpn.join('/')]),
  ].join(', ');
}

function explainServerHello(message: ServerHello): string {
  if (message.extensions?.some(({ type }) => type === EXTENSION.supported_versions) !== true) {
    return explainServerHello12(message);
  }
  const { keyShare, preSharedKey } = readServerHelloExtensions(message.extensions, allOf(message.extensions));
  const suite = byCode(CIPHER_SUITES, message.cipherSuite)?.name ?? hex(message.cipherSuite);
  const share = keyShare === undefined ? 'no share' : groupName(keyShare.group);
  return `${suite}, ${share}${preSharedKey === undefined ? '' : ', the PSK'}: now both have keys`;
}

function explainCertificate(certificates: readonly Uint8Array[]): string {
  const [leaf, ...others] = certificates;
  if (leaf === undefined) return 'none to show';
  const { subject, issuer } = decodeCertificate(leaf);
  return `${subject.name}, issued by ${issuer.name}${others.length === 0 ? '' : `, and ${others.length} more`}`;
}

/** The answers are shown as they are: what they answer is not known here. */
function allOf(extensions: readonly Extension[] | null): ReadonlySet<number> {
  return new Set((extensions ?? []).map(({ type }) => type));
}

function groupName(code: number): string {
  return byCode(NAMED_GROUPS, code)?.name ?? hex(code);
}

function schemeName(code: number): string {
  return byCode(SIGNATURE_SCHEMES, code)?.name ?? hex(code);
}

/** The first line of a text, or nothing for what is not text. */
function preview(data: Uint8Array): string {
  const end = data.findIndex((byte) => byte < 0x20 || byte > 0x7e);
  const line = String.fromCharCode(...data.subarray(0, Math.min(end < 0 ? data.length : end, 48)));
  return line === '' ? 'not text' : `"${line}${line.length < data.length ? ' …' : ''}"`;
}

function camelCase(type: string): string {
  return type.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`;
}
