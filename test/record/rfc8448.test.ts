/**
 * Every record of RFC 8448, through the record layers of its sender and its receiver.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { deriveTrafficKeys } from '../../src/keys/schedule13.ts';
import type { RecordLayer } from '../../src/record/record-layer.ts';
import { rfc8448Steps, type TraceStep, toHex } from '../vectors/load.ts';
import { describe, drain, layer, suite, TYPE } from './records.ts';

type Side = 'client' | 'server';

interface End {
  readonly layer: RecordLayer;
  writeKey: string;
}

test('RFC 8448: every record is sealed to the same bytes and opens to its payload', (t) => {
  let plaintexts = 0;
  let ciphertexts = 0;
  for (const section of [3, 4, 5, 6, 7]) {
    const secrets = trafficSecrets(section);
    const ends: Record<Side, End> = { client: end('client'), server: end('server') };
    for (const step of rfc8448Steps(section)) {
      if (!step.has('complete record')) continue;
      const what = `§${section} step ${step.step}`;
      const [sender, receiver] = step.side === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];

      const key = step.derived?.key;
      if (key !== undefined && key !== sender.writeKey) {
        const secret = secrets.get(key) ?? assert.fail(what);
        sender.writeKey = key;
        sender.layer.installWriteKeys(suite(), secret);
        receiver.layer.installReadKeys(suite(), secret);
        assert.equal(toHex(deriveTrafficKeys(nobleProvider, suite(), secret).iv), step.derived?.iv, what);
      }
      assert.equal(sender.layer.writeSequence, step.derived?.sequenceNumber ?? 0, what);

      const expected = send(sender.layer, step);
      const record = step.value('complete record');
      assert.equal(toHex(sender.layer.take()), toHex(record), what);
      receiver.layer.feed(record);
      assert.deepEqual(describe(drain(receiver.layer)), expected, what);
      if (key === undefined) plaintexts++;
      else ciphertexts++;
    }
  }
  assert.deepEqual([plaintexts, ciphertexts], [14, 27]);
  t.diagnostic(`rfc8448 records: ${plaintexts} plaintext and ${ciphertexts} protected, written and read`);
});

/** Gives the payload of a step to its sender; returns what the receiver has to say of it. */
function send(sender: RecordLayer, step: TraceStep): string[] {
  const payload = step.value('payload');
  const type = step.derived?.innerType ?? (step.title.includes('change_cipher_spec') ? TYPE.ccs : TYPE.handshake);
  if (type === TYPE.ccs) {
    sender.sendChangeCipherSpec();
    return [];
  }
  if (type === TYPE.alert) {
    sender.sendAlert(payload[0] ?? 0, payload[1] ?? 0);
    return [`alert ${payload[0]} ${payload[1]}`];
  }
  if (type === TYPE.data) {
    sender.sendApplicationData(payload);
    return [`data ${toHex(payload)}`];
  }
  const lines: string[] = [];
  for (let start = 0; start < payload.length; ) {
    const length = ((payload[start + 2] ?? 0) << 8) | (payload[start + 3] ?? 0);
    const raw = payload.subarray(start, start + 4 + length);
    sender.sendHandshake(raw);
    lines.push(`handshake ${toHex(raw)}`);
    start += raw.length;
  }
  return lines;
}

/** The traffic secrets that the trace prints, by the key that each gives. */
function trafficSecrets(section: number): ReadonlyMap<string, Uint8Array> {
  const secrets = new Map<string, Uint8Array>();
  for (const step of rfc8448Steps(section)) {
    if (step.has('key expanded')) secrets.set(toHex(step.value('key expanded')), step.value('PRK'));
  }
  return secrets;
}

function end(role: Side): End {
  const made = layer(role);
  made.acceptChangeCipherSpec(true);
  made.acceptApplicationData(true);
  return { layer: made, writeKey: '' };
}
