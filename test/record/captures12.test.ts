import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nobleProvider as crypto } from '../../src/crypto/noble/provider.ts';
import { computeVerifyData12, deriveKeyBlock } from '../../src/keys/schedule12.ts';
import { startTranscript, type Transcript } from '../../src/keys/transcript.ts';
import { byCode, CIPHER_SUITES_12, type CipherSuite12 } from '../../src/params/algorithms.ts';
import { EXTENSION } from '../../src/params/registries.ts';
import type { Incoming, RecordLayer } from '../../src/record/record-layer.ts';
import { readServerHello12Extensions } from '../../src/wire/extension-table.ts';
import { decodeEcdheParams, decodeEcdhePublic } from '../../src/wire/key-exchange12.ts';
import { decodeHandshake12, encodeHandshake12 } from '../../src/wire/message12.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';
import { headers, layer } from './records.ts';

type Side = 'client' | 'server';

interface Connection {
  readonly version: string | null;
  readonly keylog?: readonly string[];
  readonly flights: readonly { readonly side: Side; readonly hex: string }[];
}

/** What one connection turned out to hold. */
interface Replayed {
  readonly suite: CipherSuite12;
  readonly encryptThenMac: boolean;
  readonly messages: number;
  /** Records that were opened. */
  readonly opened: number;
  readonly finished: readonly Side[];
  readonly data: Readonly<Record<Side, string>>;
}

test('recorded connections: every record opens, every message comes again, every Finished verifies', (t) => {
  const folder = skipWithoutVectors(t, 'captures');
  if (folder === null) return;
  const replayed = new Map<string, Replayed>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.json')) continue;
    const { connections } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { connections: Connection[] };
    for (const connection of connections) {
      if (connection.version !== '0x0303' || (connection.keylog ?? []).length === 0) continue;
      const result = replay(connection, file);
      assert.deepEqual([...result.finished].sort(), ['client', 'server'], file);
      assert.ok(result.data.client.length + result.data.server.length > 0, file);
      replayed.set(file, result);
      const { suite, opened, messages, encryptThenMac } = result;
      const how = suite.protection.kind === 'aead' ? '' : encryptThenMac ? ' encrypt-then-MAC' : ' MAC-then-encrypt';
      t.diagnostic(`${file.replace('.json', '')}: ${suite.name}${how}, ${messages} messages, ${opened} records opened`);
    }
  }

  const kinds = new Set(
    [...replayed.values()].map(({ suite: { protection }, encryptThenMac }) =>
      protection.kind === 'aead' ? protection.aead : `${protection.cipher} ${encryptThenMac}`,
    ),
  );
  assert.deepEqual([...kinds].sort(), [
    'aes-128-cbc false',
    'aes-128-cbc true',
    'aes-128-gcm',
    'aes-256-gcm',
    'chacha20-poly1305',
  ]);
  assert.equal(replayed.size, 7);
  const sum = (of: (result: Replayed) => number): number => [...replayed.values()].reduce((a, b) => a + of(b), 0);
  t.diagnostic(
    `TLS 1.2 captures: ${replayed.size} connections, ${sum(({ messages }) => messages)} messages, ` +
      `${sum(({ opened }) => opened)} records opened, ${sum(({ finished }) => finished.length)} Finished verified`,
  );
});

function replay({ keylog = [], flights }: Connection, file: string): Replayed {
  const master = fromHex(keylog[0]?.split(' ')[2] ?? assert.fail(file));
  const readers: Record<Side, RecordLayer> = { client: layer('server'), server: layer('client') };
  const data: Record<Side, string> = { client: '', server: '' };
  const finished: Side[] = [];
  const records = { all: 0, plain: 0 };
  let transcript: Transcript = startTranscript();
  let clientRandom = new Uint8Array(0) as Uint8Array;
  let serverRandom = clientRandom;
  let offered: ReadonlySet<number> = new Set();
  let suite: CipherSuite12 | null = null;
  let encryptThenMac = false;
  let messages = 0;

  function takeMessage(side: Side, raw: Uint8Array<ArrayBuffer>): void {
    const message = decodeHandshake12(raw);
    messages++;
    assert.equal(toHex(encodeHandshake12(message)), toHex(raw), `${file} ${message.type}`);
    switch (message.type) {
      case 'client_hello':
        clientRandom = message.random;
        offered = new Set((message.extensions ?? []).map(({ type }) => type));
        readers.client.setVersion('TLS 1.2');
        break;
      case 'server_hello': {
        serverRandom = message.random;
        suite = byCode(CIPHER_SUITES_12, message.cipherSuite) ?? assert.fail(file);
        encryptThenMac = readServerHello12Extensions(message.extensions, offered).encryptThenMac;
        assert.equal(
          encryptThenMac,
          message.extensions?.some(({ type }) => type === EXTENSION.encrypt_then_mac),
        );
        transcript = transcript.bind(crypto, suite.hash);
        readers.server.setVersion('TLS 1.2');
        break;
      }
      case 'server_key_exchange':
        assert.equal(decodeEcdheParams(message.body).curveType, 3);
        break;
      case 'client_key_exchange':
        assert.ok(decodeEcdhePublic(message.body).length >= 32);
        break;
      case 'finished': {
        const hash = suite?.hash ?? assert.fail(file);
        const expected = computeVerifyData12(crypto, hash, master, side, transcript.hash());
        assert.equal(toHex(message.verifyData), toHex(expected), `${file} ${side}`);
        finished.push(side);
        readers[side].acceptApplicationData(true);
        break;
      }
    }
    if (message.type !== 'hello_request') transcript = transcript.with(raw);
  }

  function take(side: Side, incoming: Incoming): void {
    if (incoming.kind === 'handshake') takeMessage(side, incoming.raw);
    if (incoming.kind === 'application_data') data[side] += Buffer.from(incoming.data).toString('latin1');
    if (incoming.kind === 'change_cipher_spec') {
      const keys = deriveKeyBlock(crypto, suite ?? assert.fail(file), master, clientRandom, serverRandom);
      readers[side].installReadKeys12(suite ?? assert.fail(file), keys[side], encryptThenMac);
      records.plain += readers[side].recordsRead;
    }
  }

  for (const { side, hex } of flights) {
    const reader = readers[side];
    reader.feed(fromHex(hex));
    for (let one = reader.next(); one !== null; one = reader.next()) take(side, one);
  }
  for (const side of ['client', 'server'] as const) {
    assert.equal(readers[side].buffered, 0, file);
    records.all += readers[side].recordsRead;
    const bytes = fromHex(flights.filter((flight) => flight.side === side).reduce((all, { hex }) => all + hex, ''));
    assert.equal(readers[side].recordsRead, headers(bytes).length, `${file}: every record of the ${side}`);
  }
  assert.ok(suite !== null);
  return { suite, encryptThenMac, messages, opened: records.all - records.plain, finished, data };
}
