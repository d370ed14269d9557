import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXTENSION } from '../../src/params/registries.ts';
import * as decode from '../../src/wire/extension-bodies.ts';
import { readClientHelloExtensions } from '../../src/wire/extension-table.ts';
import * as encode from '../../src/wire/extensions.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { Extension } from '../../src/wire/messages.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { rfc8448Messages } from './samples.ts';

/** Type, length and body, as on the wire. */
const onWire = ({ type, body }: Extension): string =>
  type.toString(16).padStart(4, '0') + body.length.toString(16).padStart(4, '0') + toHex(body);

const IDENTITY = '0001aa00000000';
const BINDER = `20${'00'.repeat(32)}`;

test('the encodings that RFCs print', () => {
  // RFC 7685 §3: the smallest padding, and one of ten bytes.
  assert.equal(onWire(encode.paddingExtension(0)), '00150000');
  assert.equal(onWire(encode.paddingExtension(6)), '00150006000000000000');
  // RFC 8422 §5.1.1 and §5.1.2.
  assert.equal(onWire(encode.supportedGroupsExtension([23, 24])), '000a00060004' + '00170018');
  assert.equal(onWire(encode.ecPointFormatsExtension()), '000b00020100');
  // RFC 5746 §3.2.
  assert.equal(onWire(encode.renegotiationInfoExtension(new Uint8Array(0))), 'ff01000100');
  // RFC 7627 §5.1.
  assert.equal(onWire(encode.extendedMainSecretExtension()), '00170000');
});

test('encodings worked out from the structures by hand', () => {
  assert.equal(onWire(encode.serverNameExtension('ab')), '00000007' + '0005' + '00' + '0002' + '6162');
  assert.equal(onWire(encode.serverNameAcknowledgement()), '00000000');
  assert.equal(onWire(encode.maxFragmentLengthExtension(4)), '0001000104');
  assert.equal(onWire(encode.statusRequestExtension()), '00050005' + '01' + '0000' + '0000');
  assert.equal(onWire(encode.emptyStatusRequestExtension()), '00050000');
  assert.equal(onWire(encode.ocspResponseExtension(fromHex('aabb'))), '00050006' + '01' + '000002' + 'aabb');
  assert.equal(onWire(encode.signatureAlgorithmsExtension([0x0403])), '000d0004' + '0002' + '0403');
  assert.equal(onWire(encode.signatureAlgorithmsCertExtension([0x0403])), '00320004' + '0002' + '0403');
  assert.equal(onWire(encode.alpnExtension(['h2', '\xff'])), '00100007' + '0005' + '026832' + '01ff');
  assert.equal(onWire(encode.signedCertificateTimestampExtension()), '00120000');
  assert.equal(onWire(encode.signedCertificateTimestampExtension([fromHex('aa')])), '00120005' + '0003' + '0001aa');
  assert.equal(onWire(encode.encryptThenMacExtension()), '00160000');
  assert.equal(onWire(encode.recordSizeLimitExtension(16385)), '001c0002' + '4001');
  assert.equal(onWire(encode.sessionTicketExtension(fromHex('aabb'))), '00230002' + 'aabb');
  assert.equal(onWire(encode.selectedPskExtension(1)), '00290002' + '0001');
  assert.equal(onWire(encode.earlyDataExtension()), '002a0000');
  assert.equal(onWire(encode.maxEarlyDataSizeExtension(2 ** 32 - 1)), '002a0004' + 'ffffffff');
  assert.equal(onWire(encode.supportedVersionsExtension([0x0304, 0x0303])), '002b0005' + '04' + '03040303');
  assert.equal(onWire(encode.selectedVersionExtension(0x0304)), '002b0002' + '0304');
  assert.equal(onWire(encode.cookieExtension(fromHex('aa'))), '002c0003' + '0001' + 'aa');
  assert.equal(onWire(encode.pskKeyExchangeModesExtension([1, 0])), '002d0003' + '02' + '0100');
  assert.equal(
    onWire(encode.certificateAuthoritiesExtension([fromHex('3000')])),
    '002f0006' + '0004' + '0002' + '3000',
  );
  assert.equal(
    onWire(encode.oidFiltersExtension([{ oid: fromHex('0602'), values: fromHex('aa') }])),
    '00300008' + '0006' + '02' + '0602' + '0001' + 'aa',
  );
  assert.equal(onWire(encode.postHandshakeAuthExtension()), '00310000');
  const share = { group: 0x001d, keyExchange: fromHex('aabb') };
  assert.equal(onWire(encode.keyShareExtension([])), '00330002' + '0000');
  assert.equal(onWire(encode.keyShareExtension([share])), '00330008' + '0006' + '001d' + '0002' + 'aabb');
  assert.equal(onWire(encode.serverKeyShareExtension(share)), '00330006' + '001d' + '0002' + 'aabb');
  assert.equal(onWire(encode.selectedGroupExtension(0x001d)), '00330002' + '001d');

  const psks = {
    identities: [{ identity: fromHex('aa'), obfuscatedTicketAge: 2 ** 32 - 1 }],
    binders: [new Uint8Array(32)],
  };
  assert.equal(
    onWire(encode.preSharedKeyExtension(psks)),
    `0029002c${'0007' + '0001' + 'aa' + 'ffffffff'}0021${BINDER}`,
  );
  assert.equal(encode.bindersLength(psks.binders), 2 + 33);
});

test('values too large for their fields are not encoded', () => {
  const refused = { name: 'TlsError', code: 'ERR_TLS_ENCODE' };
  assert.throws(() => encode.alpnExtension(['x'.repeat(256)]), refused);
  assert.throws(() => encode.alpnExtension(['€']), refused);
  assert.throws(() => encode.supportedVersionsExtension(new Array<number>(128).fill(0x0304)), refused);
  assert.throws(() => encode.cookieExtension(new Uint8Array(65_536)), refused);
  assert.throws(() => encode.maxEarlyDataSizeExtension(2 ** 32), refused);
  assert.throws(() => encode.recordSizeLimitExtension(65_536), refused);
});

test('the ClientHellos of RFC 8448 are encoded again from what was read', (t) => {
  let compared = 0;
  for (const { name, raw } of rfc8448Messages()) {
    const message = decodeHandshake(raw);
    if (message.type !== 'client_hello') continue;
    const read = readClientHelloExtensions(message.extensions);
    const again = new Map<number, Extension | undefined>([
      [EXTENSION.server_name, read.serverName === undefined ? undefined : encode.serverNameExtension(read.serverName)],
      [EXTENSION.renegotiation_info, encode.renegotiationInfoExtension(read.renegotiationInfo ?? new Uint8Array(0))],
      [EXTENSION.supported_groups, encode.supportedGroupsExtension(read.supportedGroups ?? [])],
      [EXTENSION.session_ticket, encode.sessionTicketExtension(read.sessionTicket ?? new Uint8Array(0))],
      [EXTENSION.key_share, encode.keyShareExtension(read.keyShare ?? [])],
      [EXTENSION.supported_versions, encode.supportedVersionsExtension(read.supportedVersions ?? [])],
      [EXTENSION.signature_algorithms, encode.signatureAlgorithmsExtension(read.signatureAlgorithms ?? [])],
      [EXTENSION.psk_key_exchange_modes, encode.pskKeyExchangeModesExtension(read.pskKeyExchangeModes ?? [])],
      [EXTENSION.record_size_limit, encode.recordSizeLimitExtension(read.recordSizeLimit ?? 0)],
      [EXTENSION.cookie, encode.cookieExtension(read.cookie ?? new Uint8Array(0))],
      [EXTENSION.early_data, encode.earlyDataExtension()],
      [EXTENSION.pre_shared_key, encode.preSharedKeyExtension(read.preSharedKey ?? { identities: [], binders: [] })],
    ]);
    for (const extension of message.extensions ?? []) {
      if (extension.type === EXTENSION.padding) continue;
      compared++;
      assert.deepEqual(again.get(extension.type), extension, `${name}: ${extension.type}`);
    }
  }
  assert.ok(compared > 40);
  t.diagnostic(`wire extensions: ${compared} of RFC 8448's ClientHellos to the byte`);
});

/** Bodies that must not decode, with the reason; all are decode_error. */
const UNDECODABLE: readonly (readonly [decoder: (body: Uint8Array) => unknown, hex: string, why: string])[] = [
  [decode.decodeUint8, '', 'max_fragment_length without a code'],
  [decode.decodeUint16, '00', 'one byte of a uint16'],
  [decode.decodeUint32, '000000', 'three bytes of a uint32'],
  [decode.decodeServerName, '', 'RFC 6066 §3: only an answer is empty'],
  [decode.decodeServerName, '0000', 'RFC 6066 §3: no name in the list'],
  [decode.decodeServerName, '0003' + '000000', 'RFC 6066 §3: an empty host_name'],
  [decode.decodeServerName, '0005' + '0000036162', 'a name that reaches beyond the list'],
  [decode.decodeStatusRequest, '', 'RFC 6066 §8: no status_type'],
  [decode.decodeStatusRequest, '010000', 'RFC 6066 §8: no request_extensions'],
  [decode.decodeStatusRequest, '01' + '0002' + '0000' + '0000', 'RFC 6066 §8: an empty ResponderID'],
  [decode.decodeCertificateStatus, '', 'no status_type'],
  [decode.decodeCertificateStatus, '01000000', 'RFC 6066 §8: an empty OCSPResponse'],
  [decode.decodeCertificateStatus, '02000001aa', 'a status_type without a form'],
  [decode.decodeSignedCertificateTimestamps, '0000', 'RFC 6962 §3.3: an empty list'],
  [decode.decodeSignedCertificateTimestamps, '00020000', 'RFC 6962 §3.3: an empty SCT'],
  [decode.decodeUint16List, '0000', '§4.3.7: no group'],
  [decode.decodeUint16List, '0003001700', '§3.4: an odd length'],
  [decode.decodeUint8List, '00', '§4.3.9: no mode'],
  [decode.decodeProtocolNames, '0000', 'RFC 7301 §3.1: an empty list'],
  [decode.decodeProtocolNames, '0004' + '026832' + '00', 'RFC 7301 §3.1: an empty name'],
  [decode.decodeSelectedProtocol, '0000', 'RFC 7301 §3.1: an empty list'],
  [decode.decodeSelectedProtocol, '0006' + '026832' + '026833', 'RFC 7301 §3.1: two names'],
  [decode.decodeSupportedVersions, '00', '§4.3.1: no version'],
  [decode.decodeSupportedVersions, '03030403', '§4.3.1: an odd length'],
  [decode.decodeSupportedVersions, `ff${'03'.repeat(255)}`, '§4.3.1: 255 bytes'],
  [decode.decodeCookie, '0000', '§4.3.2: an empty cookie'],
  [decode.decodeClientKeyShares, '0004' + '001d0000', '§4.3.8: an empty key_exchange'],
  [decode.decodeClientKeyShares, '', '§4.3.8: no list'],
  [decode.decodeServerKeyShare, '001d0000', '§4.3.8: an empty key_exchange'],
  [decode.decodeServerKeyShare, '001d', '§4.3.8: the form of HelloRetryRequest'],
  [decode.decodeOfferedPsks, `00000021${BINDER}`, '§4.3.11: no identity'],
  [decode.decodeOfferedPsks, `00060000000000000021${BINDER}`, '§4.3.11: an empty identity'],
  [decode.decodeOfferedPsks, `0007${IDENTITY}00201f${'00'.repeat(31)}`, '§4.3.11: a binder of 31 bytes'],
  [decode.decodeOfferedPsks, `0007${IDENTITY}0000`, '§4.3.11: no binder'],
  [decode.decodeOfferedPsks, `0007${IDENTITY}`, '§4.3.11: no list of binders'],
  [decode.decodeOfferedPsks, `0007${IDENTITY}0042${BINDER}20${'00'.repeat(31)}`, 'a binder cut off'],
  [decode.decodeCertificateAuthorities, '0000', '§4.3.4: no name'],
  [decode.decodeCertificateAuthorities, '0005' + '0001aa' + '0000', '§4.3.4: an empty name'],
  [decode.decodeOidFilters, '0003' + '000000', '§4.3.5: an empty OID'],
];

test('bodies outside their bounds do not decode', () => {
  for (const [decoder, hex, why] of UNDECODABLE) {
    assert.throws(
      () => decoder(fromHex(hex)),
      { name: 'TlsError', code: 'ERR_TLS_DECODE', alert: 'decode_error' },
      why,
    );
  }
});

/** Bodies that decode, at the edges of what may be. */
const DECODABLE: readonly (readonly [decoder: (body: Uint8Array) => unknown, hex: string, value: unknown])[] = [
  [decode.decodeEmpty, '', true],
  [decode.decodeUint8, '07', 7],
  [decode.decodeUint16, 'ffff', 65_535],
  [decode.decodeUint32, 'ffffffff', 2 ** 32 - 1],
  [decode.decodeServerName, '0005' + '0000026162', 'ab'],
  [decode.decodeServerName, '000a' + '7700026162' + '0000024142', 'AB'],
  [decode.decodeServerName, '0005' + '7700026162', undefined],
  [decode.decodeStatusRequest, '0100000000', { responderIds: [], requestExtensions: fromHex('') }],
  [
    decode.decodeStatusRequest,
    '01' + '0003' + '0001aa' + '0001bb',
    { responderIds: [fromHex('aa')], requestExtensions: fromHex('bb') },
  ],
  [decode.decodeStatusRequest, '02', 'other'],
  [decode.decodeStatusRequest, '02aabb', 'other'],
  [decode.decodeCertificateStatus, '01000001aa', fromHex('aa')],
  [decode.decodeSignedCertificateTimestamps, '0003' + '0001aa', [fromHex('aa')]],
  [decode.decodeUint16List, '0004' + '0a0a0017', [0x0a0a, 23]],
  [decode.decodeUint8List, '020001', [0, 1]],
  [decode.decodeProtocolNames, '0005' + '026832' + '01e9', ['h2', 'é']],
  [decode.decodeSelectedProtocol, '0003' + '026832', 'h2'],
  [decode.decodeRenegotiationInfo, '00', fromHex('')],
  [decode.decodeSupportedVersions, `fe${'0304'.repeat(127)}`, new Array(127).fill(0x0304)],
  [decode.decodeCookie, '0001aa', fromHex('aa')],
  [decode.decodeClientKeyShares, '0000', []],
  [decode.decodeClientKeyShares, '0005' + '0a0a000100', [{ group: 0x0a0a, keyExchange: fromHex('00') }]],
  [decode.decodeServerKeyShare, '001d0001aa', { group: 29, keyExchange: fromHex('aa') }],
  [decode.decodeCertificateAuthorities, '0003' + '0001aa', [fromHex('aa')]],
  [decode.decodeOidFilters, '0000', []],
  [decode.decodeOidFilters, '0004' + '01aa0000', [{ oid: fromHex('aa'), values: fromHex('') }]],
];

test('bodies at the edge of their bounds decode, and one byte more does not', () => {
  for (const [decoder, hex, value] of DECODABLE) {
    assert.deepEqual(decoder(fromHex(hex)), value, `${decoder.name} ${hex}`);
    // The form of an unknown status_type has no end that could be passed.
    if (value === 'other') continue;
    assert.throws(
      () => decoder(fromHex(`${hex}00`)),
      { name: 'TlsError', code: 'ERR_TLS_TRAILING_DATA', alert: 'decode_error' },
      `${decoder.name} ${hex}00`,
    );
  }
});

test('server_name: one name of a type, of visible ASCII', () => {
  const refused = { name: 'TlsError', code: 'ERR_TLS_BAD_SERVER_NAME', alert: 'illegal_parameter' };
  const name = (hex: string): string => `00${(hex.length / 2).toString(16).padStart(4, '0')}${hex}`;
  const list = (content: string): Uint8Array => fromHex((content.length / 2).toString(16).padStart(4, '0') + content);
  assert.throws(() => decode.decodeServerName(list(name('6161') + name('6262'))), refused);
  for (const byte of ['00', '0a', '20', '7f', '80', 'ff']) {
    assert.throws(() => decode.decodeServerName(list(name(`61${byte}62`))), refused, byte);
  }
  assert.equal(decode.decodeServerName(list(name('217e'))), '!~');
});

test('pre_shared_key: a binder for each identity', () => {
  const refused = { name: 'TlsError', code: 'ERR_TLS_PSK_BINDER_COUNT', alert: 'illegal_parameter' };
  assert.throws(() => decode.decodeOfferedPsks(fromHex(`000e${IDENTITY}${IDENTITY}0021${BINDER}`)), refused);
  assert.throws(() => decode.decodeOfferedPsks(fromHex(`0007${IDENTITY}0042${BINDER}${BINDER}`)), refused);
  assert.equal(decode.decodeOfferedPsks(fromHex(`000e${IDENTITY}${IDENTITY}0042${BINDER}${BINDER}`)).binders.length, 2);
});
