import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { EXTENSION } from '../../src/params/registries.ts';
import * as table from '../../src/wire/extension-table.ts';
import * as encode from '../../src/wire/extensions.ts';
import type { ClientHelloExtensions, Extension } from '../../src/wire/messages.ts';

const NONE: ReadonlySet<number> = new Set();
const EVERY: ReadonlySet<number> = new Set(table.EXTENSION_PLACES.keys());
const GREASE: Extension = { type: 0xfafa, body: Uint8Array.of(1, 2, 3) };
const UNKNOWN: Extension = { type: 0x1234, body: Uint8Array.of(1, 2, 3) };
const VERSION_13 = encode.selectedVersionExtension(0x0304);

/** The readers with one signature; a ServerHello is read as one of TLS 1.3. */
const READERS: Readonly<
  Record<table.ExtensionPlace, (list: readonly Extension[], asked: ReadonlySet<number>) => unknown>
> = {
  CH: (list) => table.readClientHelloExtensions(list),
  SH: (list, asked) => {
    const has13 = list.some(({ type }) => type === EXTENSION.supported_versions);
    return table.readServerHelloExtensions(has13 ? list : [VERSION_13, ...list], new Set([...asked, VERSION_13.type]));
  },
  HRR: table.readHelloRetryRequestExtensions,
  EE: table.readEncryptedExtensions,
  CR: (list) => table.readCertificateRequestExtensions(list),
  CT: table.readCertificateEntryExtensions,
  NST: (list) => table.readNewSessionTicketExtensions(list),
};
const PLACES = Object.keys(READERS) as table.ExtensionPlace[];
const ANSWERS = new Set<table.ExtensionPlace>(['SH', 'HRR', 'EE', 'CT']);

const refuses = (read: () => unknown, code: ErrorCode, alert: AlertName, what?: string): void =>
  assert.throws(read, { name: 'TlsError', code, alert }, what);

/** §4.3, Table 1, row by row from the text; numbers stand for names that the registry here does not have. */
const TABLE_1 = `
  server_name CH EE CR
  status_request CH CR CT
  supported_groups CH EE
  signature_algorithms CH CR
  use_srtp CH EE
  heartbeat CH EE
  application_layer_protocol_negotiation CH EE
  client_certificate_type CH EE
  server_certificate_type CH EE
  padding CH
  compress_certificate CH CR
  record_size_limit CH EE
  delegated_credential CH CR CT
  39 CH EE
  pre_shared_key CH SH
  early_data CH EE NST
  supported_versions CH SH HRR
  cookie CH HRR
  psk_key_exchange_modes CH
  certificate_authorities CH CR
  oid_filters CR
  post_handshake_auth CH
  signature_algorithms_cert CH CR
  key_share CH SH HRR
  52 CH CR CT
  55 CH EE
  56 CH EE
  quic_transport_parameters CH EE
  58 CH EE
  64768 CH
  encrypted_client_hello CH HRR EE`;

/** RFC 8446 §4.2, rows that Table 1 no longer has, and what only TLS 1.2 knows. */
const BESIDE_TABLE_1 = `
  max_fragment_length CH EE
  signed_certificate_timestamp CH CR CT
  ec_point_formats CH
  status_request_v2 CH
  encrypt_then_mac CH
  extended_main_secret CH
  session_ticket CH
  renegotiation_info CH`;

test('the table is the one of the text', () => {
  const rows = `${TABLE_1}${BESIDE_TABLE_1}`.trim().split('\n');
  assert.equal(table.EXTENSION_PLACES.size, rows.length);
  for (const row of rows) {
    const [name = '', ...places] = row.trim().split(' ');
    const type = EXTENSION[name as keyof typeof EXTENSION] ?? Number(name);
    assert.deepEqual([...(table.EXTENSION_PLACES.get(type) ?? [])].sort(), places.sort(), name);
  }
  for (const type of Object.values(EXTENSION)) assert.ok(table.EXTENSION_PLACES.has(type), `${type}`);
});

test('an extension that is known and not specified for a message is misplaced, requested or not', (t) => {
  let pairs = 0;
  for (const place of PLACES) {
    for (const [type, places] of table.EXTENSION_PLACES) {
      if (places.includes(place)) continue;
      pairs++;
      const list = [{ type, body: new Uint8Array(0) }];
      for (const asked of [NONE, EVERY]) {
        const read = (): unknown => READERS[place](list, asked);
        refuses(read, 'ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter', `${type} in ${place}`);
      }
    }
  }
  t.diagnostic(`wire extension table: ${pairs} pairs of extension and message refused as misplaced`);
});

test('an answer that was not requested is unsolicited, cookie in HelloRetryRequest excepted', () => {
  for (const place of ANSWERS) {
    for (const [type, places] of table.EXTENSION_PLACES) {
      if (!places.includes(place)) continue;
      if (place === 'HRR' && type === EXTENSION.cookie) continue;
      if (place === 'SH' && type === EXTENSION.supported_versions) continue;
      const asked = new Set([...EVERY].filter((other) => other !== type));
      const read = (): unknown => READERS[place]([{ type, body: new Uint8Array(0) }], asked);
      refuses(read, 'ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension', `${type} in ${place}`);
    }
  }
  refuses(
    () => table.readServerHelloExtensions([VERSION_13], NONE),
    'ERR_TLS_UNSOLICITED_EXTENSION',
    'unsupported_extension',
  );
  const cookie = encode.cookieExtension(Uint8Array.of(7));
  assert.deepEqual(table.readHelloRetryRequestExtensions([cookie], NONE).cookie, Uint8Array.of(7));
});

test('unknown extensions and GREASE are ignored where peers ask, and refused in answers', () => {
  for (const place of PLACES) {
    for (const extension of [UNKNOWN, GREASE]) {
      const read = (asked: ReadonlySet<number>) => (): unknown => READERS[place]([extension], asked);
      if (ANSWERS.has(place)) {
        refuses(read(NONE), 'ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension', place);
      } else {
        assert.doesNotThrow(read(NONE), place);
      }
    }
    // RFC 8701 §3.1: although it was sent, GREASE is nothing to answer.
    if (ANSWERS.has(place)) {
      const read = (): unknown => READERS[place]([GREASE], new Set([GREASE.type]));
      refuses(read, 'ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension', place);
    }
  }
});

test('no type stands twice in a block, known or not', () => {
  for (const place of PLACES) {
    for (const extension of [UNKNOWN, GREASE, { type: EXTENSION.early_data, body: new Uint8Array(0) }]) {
      const read = (): unknown => READERS[place]([extension, UNKNOWN, GREASE, extension], EVERY);
      refuses(read, 'ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter', place);
    }
  }
});

test('pre_shared_key is the last extension of a ClientHello, and stands anywhere in a ServerHello', () => {
  const psk = encode.preSharedKeyExtension({
    identities: [{ identity: Uint8Array.of(1), obfuscatedTicketAge: 0 }],
    binders: [new Uint8Array(32)],
  });
  assert.equal(table.readClientHelloExtensions([GREASE, psk]).preSharedKey?.identities.length, 1);
  refuses(() => table.readClientHelloExtensions([psk, GREASE]), 'ERR_TLS_PSK_NOT_LAST', 'illegal_parameter');
  refuses(
    () => table.readClientHelloExtensions([psk, encode.paddingExtension(0)]),
    'ERR_TLS_PSK_NOT_LAST',
    'illegal_parameter',
  );
  assert.equal(table.readServerHelloExtensions([encode.selectedPskExtension(3), VERSION_13], EVERY).preSharedKey, 3);
});

test('a ClientHello may carry all that TLS 1.2 asks for, and padding of any content', () => {
  const list = [
    encode.ecPointFormatsExtension(),
    encode.extendedMainSecretExtension(),
    encode.encryptThenMacExtension(),
    encode.sessionTicketExtension(Uint8Array.of(1, 2)),
    encode.renegotiationInfoExtension(Uint8Array.of(5)),
    { type: EXTENSION.status_request_v2, body: Uint8Array.of(9) },
    { type: EXTENSION.padding, body: Uint8Array.of(0, 1) },
  ];
  const read = table.readClientHelloExtensions(list);
  assert.deepEqual(read.ecPointFormats, [0]);
  assert.equal(read.extendedMainSecret, true);
  assert.equal(read.encryptThenMac, true);
  assert.deepEqual(read.sessionTicket, Uint8Array.of(1, 2));
  assert.deepEqual(read.renegotiationInfo, Uint8Array.of(5));
});

test('without extensions everything is absent', () => {
  const absent = table.readClientHelloExtensions(null);
  for (const [name, value] of Object.entries(absent)) assert.ok(value === undefined || value === false, name);
  assert.deepEqual(absent, table.readClientHelloExtensions([]));
  assert.deepEqual(table.readServerHelloExtensions(null, EVERY), {
    supportedVersion: undefined,
    keyShare: undefined,
    preSharedKey: undefined,
  });
  assert.equal(table.readHelloRetryRequestExtensions(null, EVERY).supportedVersion, undefined);
});

test('a ServerHello of TLS 1.2 is not held to the table of TLS 1.3', () => {
  const renegotiation = encode.renegotiationInfoExtension(new Uint8Array(0));
  assert.equal(table.readServerHelloExtensions([renegotiation], NONE).supportedVersion, undefined);
  refuses(
    () => table.readServerHelloExtensions([renegotiation, renegotiation], NONE),
    'ERR_TLS_DUPLICATE_EXTENSION',
    'illegal_parameter',
  );
});

test('bodies have the form of their message', () => {
  const decodes = (place: table.ExtensionPlace, extension: Extension): void =>
    void assert.doesNotThrow(() => READERS[place]([extension], EVERY), `${extension.type} in ${place}`);
  const refused = (place: table.ExtensionPlace, extension: Extension): void =>
    assert.throws(() => READERS[place]([extension], EVERY), { alert: 'decode_error' }, `${extension.type} in ${place}`);
  const share = { group: 29, keyExchange: Uint8Array.of(1) };

  const forms: readonly (readonly [extension: Extension, right: string, wrong: string])[] = [
    [encode.serverNameExtension('a'), 'CH', 'EE'],
    [encode.serverNameAcknowledgement(), 'EE', 'CH'],
    [encode.statusRequestExtension(), 'CH', 'CR CT'],
    [encode.emptyStatusRequestExtension(), 'CR', 'CH CT'],
    [encode.ocspResponseExtension(Uint8Array.of(1)), 'CT', 'CR CH'],
    [encode.signedCertificateTimestampExtension(), 'CH CR', 'CT'],
    [encode.signedCertificateTimestampExtension([Uint8Array.of(1)]), 'CT', 'CH CR'],
    [encode.earlyDataExtension(), 'CH EE', 'NST'],
    [encode.maxEarlyDataSizeExtension(1), 'NST', 'CH EE'],
    [encode.supportedVersionsExtension([0x0304]), 'CH', 'SH HRR'],
    [encode.selectedVersionExtension(0x0304), 'SH HRR', 'CH'],
    [encode.keyShareExtension([share]), 'CH', 'SH HRR'],
    [encode.serverKeyShareExtension(share), 'SH', 'CH HRR'],
    [encode.selectedGroupExtension(29), 'HRR', 'CH SH'],
    [encode.selectedPskExtension(0), 'SH', 'CH'],
    [encode.alpnExtension(['a', 'b']), 'CH', 'EE'],
    [encode.alpnExtension(['a']), 'CH EE', ''],
    [encode.supportedGroupsExtension([29]), 'CH EE', ''],
    [encode.recordSizeLimitExtension(64), 'CH EE', ''],
    [encode.oidFiltersExtension([]), 'CR', ''],
    [encode.cookieExtension(Uint8Array.of(1)), 'CH HRR', ''],
  ];
  for (const [extension, right, wrong] of forms) {
    for (const place of right.split(' ')) decodes(place as table.ExtensionPlace, extension);
    for (const place of wrong.split(' ')) if (place !== '') refused(place as table.ExtensionPlace, extension);
  }
});

test('the values arrive under their names', () => {
  const entry = { group: 29, keyExchange: Uint8Array.of(1) };
  assert.deepEqual(table.readServerHelloExtensions([VERSION_13, encode.serverKeyShareExtension(entry)], EVERY), {
    supportedVersion: 0x0304,
    keyShare: entry,
    preSharedKey: undefined,
  });
  assert.deepEqual(table.readHelloRetryRequestExtensions([encode.selectedGroupExtension(23), VERSION_13], EVERY), {
    supportedVersion: 0x0304,
    selectedGroup: 23,
    cookie: undefined,
  });
  assert.deepEqual(
    table.readEncryptedExtensions(
      [
        encode.serverNameAcknowledgement(),
        encode.maxFragmentLengthExtension(9),
        encode.supportedGroupsExtension([29]),
        encode.alpnExtension(['h2']),
        encode.recordSizeLimitExtension(64),
        encode.earlyDataExtension(),
      ],
      EVERY,
    ),
    {
      serverName: true,
      maxFragmentLength: 9,
      supportedGroups: [29],
      alpn: 'h2',
      recordSizeLimit: 64,
      earlyData: true,
    },
  );
  const filter = { oid: Uint8Array.of(1), values: Uint8Array.of(2) };
  assert.deepEqual(
    table.readCertificateRequestExtensions([
      encode.signatureAlgorithmsExtension([1]),
      encode.signatureAlgorithmsCertExtension([2]),
      encode.certificateAuthoritiesExtension([Uint8Array.of(3)]),
      encode.oidFiltersExtension([filter]),
      encode.emptyStatusRequestExtension(),
      encode.signedCertificateTimestampExtension(),
    ]),
    {
      signatureAlgorithms: [1],
      signatureAlgorithmsCert: [2],
      certificateAuthorities: [Uint8Array.of(3)],
      oidFilters: [filter],
      statusRequest: true,
      signedCertificateTimestamp: true,
    },
  );
  assert.deepEqual(
    table.readCertificateEntryExtensions(
      [
        encode.ocspResponseExtension(Uint8Array.of(4)),
        encode.signedCertificateTimestampExtension([Uint8Array.of(5), Uint8Array.of(6)]),
      ],
      EVERY,
    ),
    { ocspResponse: Uint8Array.of(4), signedCertificateTimestamps: [Uint8Array.of(5), Uint8Array.of(6)] },
  );
  assert.deepEqual(table.readNewSessionTicketExtensions([encode.maxEarlyDataSizeExtension(7)]), {
    maxEarlyDataSize: 7,
  });
});

test('§9.2: extensions that a ClientHello of TLS 1.3 must have beside each other', () => {
  const groups = encode.supportedGroupsExtension([29]);
  const shares = encode.keyShareExtension([]);
  const schemes = encode.signatureAlgorithmsExtension([0x0403]);
  const modes = encode.pskKeyExchangeModesExtension([1]);
  const psk = encode.preSharedKeyExtension({
    identities: [{ identity: Uint8Array.of(1), obfuscatedTicketAge: 0 }],
    binders: [new Uint8Array(32)],
  });
  const read = (...list: readonly Extension[]): ClientHelloExtensions => table.readClientHelloExtensions(list);
  const accepted = [
    [groups, shares, schemes],
    [groups, shares, schemes, modes, psk],
    [groups, shares, modes, psk],
    [schemes, modes, psk],
    [modes, psk],
  ];
  for (const list of accepted) assert.doesNotThrow(() => table.checkClientHelloPairs(read(...list)));
  const missing = [
    [],
    [groups, shares],
    [schemes],
    [groups, schemes],
    [shares, schemes],
    [groups, modes, psk],
    [shares, modes, psk],
    [psk],
    [groups, shares, schemes, psk],
  ];
  for (const list of missing) {
    const names = list.map(({ type }) => type).join(' ');
    const check = (): void => table.checkClientHelloPairs(read(...list));
    refuses(check, 'ERR_TLS_MISSING_EXTENSION', 'missing_extension', names);
  }
});
