import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsError } from '../../src/errors/errors.ts';
import { EXTENSION } from '../../src/params/registries.ts';
import { readServerHello12Extensions } from '../../src/wire/extension-table.ts';
import * as encode from '../../src/wire/extensions.ts';
import { decodeEcdheParams, decodeEcdhePublic, decodeEncryptedPreMasterSecret } from '../../src/wire/key-exchange12.ts';
import { HELLO_RETRY_REQUEST_RANDOM } from '../../src/wire/message.ts';
import { decodeHandshake12, encodeHandshake12 } from '../../src/wire/message12.ts';
import type { Extension } from '../../src/wire/messages.ts';
import type { HandshakeMessage12 } from '../../src/wire/messages12.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { damagesOf, spliced } from './mutations.ts';
import { samples12 } from './samples12.ts';
import { DECODE, DUPLICATE, KNOWN, type Refusal, TRAILING } from './verdict.ts';
import { dissect12, type KeyExchange, refusalsOf12 } from './verdict12.ts';

const EVERY: ReadonlySet<number> = KNOWN;

/** Decodes a message, and what is inside of it by key exchange. */
function outcomeOf12(raw: Uint8Array, asked: ReadonlySet<number>, keyExchange: KeyExchange): TlsError | null {
  try {
    const message = decodeHandshake12(raw);
    if (message.type === 'server_hello') readServerHello12Extensions(message.extensions, asked);
    if (message.type === 'server_key_exchange') decodeEcdheParams(message.body);
    if (message.type === 'client_key_exchange') {
      if (keyExchange === 'ecdhe') decodeEcdhePublic(message.body);
      else decodeEncryptedPreMasterSecret(message.body);
    }
    return null;
  } catch (error) {
    if (error instanceof TlsError) return error;
    throw error;
  }
}

test('a message of each kind decodes to its value and encodes to the same bytes', () => {
  for (const { name, message, raw } of samples12()) {
    const { raw: kept, ...decoded } = decodeHandshake12(raw);
    assert.equal(kept, raw);
    assert.deepEqual(decoded, message, name);
    assert.deepEqual(encodeHandshake12(decoded as HandshakeMessage12), raw, name);
  }
});

test('fields are where the RFCs have them', () => {
  const hex = (message: HandshakeMessage12): string => toHex(encodeHandshake12(message));
  assert.equal(hex({ type: 'hello_request' }), '00000000');
  assert.equal(hex({ type: 'server_hello_done' }), '0e000000');
  assert.equal(hex({ type: 'certificate12', certificates: [Uint8Array.of(1, 2)] }), '0b0000080000050000020102');
  assert.equal(hex({ type: 'certificate_status', response: Uint8Array.of(7) }), '160000050100000107');
  const authorities = [Uint8Array.of(0x30, 0)];
  assert.equal(
    hex({ type: 'certificate_request12', certificateTypes: [1, 64], signatureAlgorithms: [0x0403], authorities }),
    `0d00000d02014000020403${'0004'}${'0002'}3000`,
  );
  assert.equal(
    hex({ type: 'new_session_ticket12', lifetimeHint: 300, ticket: Uint8Array.of(9) }),
    '040000070000012c000109',
  );
  assert.equal(hex({ type: 'finished', verifyData: Uint8Array.of(1) }), '1400000101');

  const params = decodeEcdheParams(fromHex('03001d02aabb04030001cc'));
  assert.deepEqual(
    [params.curveType, params.group, toHex(params.point), toHex(params.params), params.scheme, toHex(params.signature)],
    [3, 0x1d, 'aabb', '03001d02aabb', 0x0403, 'cc'],
  );
  assert.equal(toHex(decodeEcdhePublic(fromHex('0204aa'))), '04aa');
  assert.equal(toHex(decodeEncryptedPreMasterSecret(fromHex('000204aa'))), '04aa');
  assert.equal(decodeEncryptedPreMasterSecret(fromHex('0000')).length, 0);
});

test('a random of HelloRetryRequest makes nothing but a ServerHello here', () => {
  const hello = samples12().find(({ message }) => message.type === 'server_hello')?.message;
  assert.ok(hello?.type === 'server_hello');
  const raw = encodeHandshake12({ ...hello, random: HELLO_RETRY_REQUEST_RANDOM });
  assert.equal(decodeHandshake12(raw).type, 'server_hello');
});

test('messages of TLS 1.3 alone are unexpected, others unknown', () => {
  for (let type = 0; type < 256; type++) {
    const [error, expected] = [
      outcomeOf12(Uint8Array.of(type, 0, 0, 0), EVERY, 'ecdhe'),
      dissect12(Uint8Array.of(type, 0, 0, 0), 'ecdhe'),
    ];
    assert.equal(error?.code ?? null, 'code' in expected ? expected.code : null, `type ${type}`);
    assert.equal(error?.alert ?? null, 'code' in expected ? expected.alert : null, `type ${type}`);
  }
});

test('every mutation of every message ends as it must', (t) => {
  const counts = { mutations: 0, accepted: 0 };
  const alerts = new Map<string, number>();
  const check = (
    name: string,
    raw: Uint8Array,
    expected: readonly Refusal[],
    asked: ReadonlySet<number>,
    keyExchange: KeyExchange,
  ): void => {
    counts.mutations++;
    const error = outcomeOf12(raw, asked, keyExchange);
    if (expected.length === 0) {
      counts.accepted++;
      assert.equal(error, null, name);
      return;
    }
    const allowed = expected.map(({ code, alert }) => `${code} ${alert}`);
    const seen = error === null ? 'accepted' : `${error.code} ${error.alert}`;
    assert.ok(allowed.includes(seen), `${name}: ${seen}, not ${allowed.join(' or ')}`);
    alerts.set(String(error?.alert), (alerts.get(String(error?.alert)) ?? 0) + 1);
  };

  for (const { name, raw, asked, keyExchange } of samples12()) {
    const anatomy = dissect12(raw, keyExchange);
    assert.ok(!('code' in anatomy), name);
    assert.deepEqual(refusalsOf12(raw, asked, keyExchange), [], name);
    if (raw[0] === 1) continue;
    for (const [what, mutated] of damagesOf(raw, anatomy.lengths)) {
      check(`${name}: ${what}`, mutated, refusalsOf12(mutated, asked, keyExchange), asked, keyExchange);
    }
    for (let i = 0; i < raw.length; i++) {
      for (const value of [0, 1, 0x80, 0xff]) {
        const mutated = raw.slice();
        mutated[i] = value;
        if (mutated[0] !== raw[0]) continue;
        check(`${name}: byte ${i} is ${value}`, mutated, refusalsOf12(mutated, asked, keyExchange), asked, keyExchange);
      }
      check(`${name}: cut to ${i} bytes`, raw.slice(0, i), [DECODE], asked, keyExchange);
    }
    check(`${name}: a byte more`, Uint8Array.of(...raw, 0), [TRAILING], asked, keyExchange);
    if (anatomy.block === null) continue;

    const { length, extensions } = anatomy.block;
    for (const one of extensions) {
      const copy = raw.slice(one.start, one.end);
      check(
        `${name}: extension ${one.type} twice`,
        spliced(raw, length, one.end, one.end, copy),
        [DUPLICATE],
        asked,
        keyExchange,
      );
      check(`${name}: without extension ${one.type}`, spliced(raw, length, one.start, one.end), [], asked, keyExchange);
      const without = new Set([...asked].filter((type) => type !== one.type));
      check(
        `${name}: extension ${one.type} unasked`,
        raw,
        refusalsOf12(raw, without, keyExchange),
        without,
        keyExchange,
      );
    }
    for (const type of [0xcaca, 0x7f7f, ...KNOWN]) {
      if (extensions.some((one) => one.type === type)) continue;
      const added = spliced(raw, length, length.end, length.end, Uint8Array.of(type >> 8, type & 0xff, 0, 0));
      check(
        `${name}: empty extension ${type} added`,
        added,
        refusalsOf12(added, asked, keyExchange),
        asked,
        keyExchange,
      );
    }
  }
  assert.ok(counts.mutations > 5_000 && counts.accepted > 500, JSON.stringify(counts));
  const refused = [...alerts].map(([alert, count]) => `${count} ${alert}`).join(', ');
  t.diagnostic(`TLS 1.2 wire mutations: ${counts.mutations}, ${counts.accepted} accepted, ${refused}`);
});

test('a ServerHello is read as it was sent', () => {
  const hello = samples12().find(
    ({ name, message }) => name.startsWith('server_hello') && message.type === 'server_hello',
  );
  assert.ok(hello?.message.type === 'server_hello');
  assert.deepEqual(readServerHello12Extensions(hello.message.extensions, EVERY), {
    serverName: true,
    maxFragmentLength: 2,
    statusRequest: true,
    ecPointFormats: [0],
    alpn: 'h2',
    signedCertificateTimestamps: [new Uint8Array(4).fill(0xa5), new Uint8Array(1).fill(0xa5)],
    encryptThenMac: true,
    extendedMainSecret: true,
    sessionTicket: true,
    recordSizeLimit: 512,
    renegotiationInfo: new Uint8Array(0),
  });
  for (const none of [null, []]) {
    assert.deepEqual(readServerHello12Extensions(none, EVERY), {
      serverName: false,
      maxFragmentLength: undefined,
      statusRequest: false,
      ecPointFormats: undefined,
      alpn: undefined,
      signedCertificateTimestamps: undefined,
      encryptThenMac: false,
      extendedMainSecret: false,
      sessionTicket: false,
      recordSizeLimit: undefined,
      renegotiationInfo: undefined,
    });
  }
});

test('renegotiation_info needs no extension to ask for it, everything else does', () => {
  const read = (one: Extension, offered: readonly number[]) => () =>
    readServerHello12Extensions([one], new Set(offered));
  const empty = encode.renegotiationInfoExtension(new Uint8Array(0));
  assert.equal(read(empty, [])().renegotiationInfo?.length, 0);
  const unsolicited = { code: 'ERR_TLS_UNSOLICITED_EXTENSION', alert: 'unsupported_extension' };
  for (const one of [
    encode.encryptThenMacExtension(),
    encode.extendedMainSecretExtension(),
    encode.sessionTicketExtension(new Uint8Array(0)),
    encode.supportedGroupsExtension([29]),
  ]) {
    assert.throws(read(one, [EXTENSION.renegotiation_info]), unsolicited);
    assert.doesNotThrow(read(one, [one.type]));
  }
  const misplaced = { code: 'ERR_TLS_MISPLACED_EXTENSION', alert: 'illegal_parameter' };
  for (const type of [
    EXTENSION.key_share,
    EXTENSION.pre_shared_key,
    EXTENSION.early_data,
    EXTENSION.cookie,
    EXTENSION.signature_algorithms,
    EXTENSION.supported_versions,
  ]) {
    assert.throws(read({ type, body: new Uint8Array(2) }, [type]), misplaced);
  }
});
