import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { exportKeyingMaterial13, keyLogLine } from '../../src/keys/exporter.ts';
import { hkdfExpand } from '../../src/keys/hkdf.ts';
import { provider as crypto } from '../provider.ts';
import { toHex } from '../vectors/load.ts';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);

/** §7.5 written out byte by byte with node's hash and our HKDF-Expand (which Wycheproof checks). */
function exporterByHand(label: string, context: Uint8Array, length: number): string {
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const info = (name: string, value: Uint8Array, size: number): Uint8Array =>
    Buffer.concat([
      Uint8Array.of(size >> 8, size & 0xff, name.length + 6),
      Buffer.from(`tls13 ${name}`, 'latin1'),
      Uint8Array.of(value.length),
      value,
    ]);
  const derived = hkdfExpand(crypto, 'sha256', secret, info(label, hash(new Uint8Array(0)), 32), 32);
  return toHex(hkdfExpand(crypto, 'sha256', derived, info('exporter', hash(context), length), length));
}

test('TLS-Exporter is the construction of §7.5', () => {
  for (const [label, context, length] of [
    ['EXPORTER-Channel-Binding', new Uint8Array(0), 32],
    ['EXPERIMENTAL x', Uint8Array.of(1, 2, 3), 100],
    ['EXPERIMENTAL long context', new Uint8Array(70_000), 16],
  ] as const) {
    assert.equal(
      toHex(exportKeyingMaterial13(crypto, 'sha256', secret, label, context, length)),
      exporterByHand(label, context, length),
    );
  }
});

test('no context and an empty context export the same (§7.5)', () => {
  const none = exportKeyingMaterial13(crypto, 'sha256', secret, 'EXPERIMENTAL x', null, 32);
  assert.deepEqual(none, exportKeyingMaterial13(crypto, 'sha256', secret, 'EXPERIMENTAL x', new Uint8Array(0), 32));
  assert.notDeepEqual(none, exportKeyingMaterial13(crypto, 'sha256', secret, 'EXPERIMENTAL x', Uint8Array.of(0), 32));
});

test('a label or length out of range is the caller’s mistake', () => {
  const exporting = (label: string, length: number) => () =>
    exportKeyingMaterial13(crypto, 'sha256', secret, label, null, length);
  assert.throws(exporting('', 32), TlsUsageError);
  assert.throws(exporting('x'.repeat(250), 32), TlsUsageError);
  assert.throws(exporting('EXPORTER-é', 32), TlsUsageError);
  assert.throws(exporting('EXPORTER-x', 255 * 32 + 1), TlsUsageError);
});

test('a key log line is label, client random and secret (RFC 9850 §2)', () => {
  const line = keyLogLine('CLIENT_TRAFFIC_SECRET_0', new Uint8Array(32).fill(0xab), Uint8Array.of(0, 1, 0xff));
  assert.equal(line, `CLIENT_TRAFFIC_SECRET_0 ${'ab'.repeat(32)} 0001ff`);
});
