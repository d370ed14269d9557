import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsError } from '../../src/errors/errors.ts';
import * as bodies from '../../src/wire/extension-bodies.ts';
import { decodeEcdheParams, decodeEcdhePublic, decodeEncryptedPreMasterSecret } from '../../src/wire/key-exchange12.ts';
import { decodeHandshake, encodeHandshake } from '../../src/wire/message.ts';
import { decodeHandshake12 } from '../../src/wire/message12.ts';
import type { HandshakeMessage13 } from '../../src/wire/messages.ts';
import { checkChangeCipherSpec, decodeAlert, decodeRecordHeader } from '../../src/wire/record.ts';
import { outcomeOf } from './read-all.ts';
import { fullMessages, rfc8448Messages } from './samples.ts';
import { KNOWN, refusalsOf } from './verdict.ts';

/** Damaged messages; more by ISOTLS_FUZZ_CASES. */
const CASES = Number(process.env['ISOTLS_FUZZ_CASES'] ?? 40_000);
const SEED = Number(process.env['ISOTLS_FUZZ_SEED'] ?? 0x9846);

type Draw = (below: number) => number;

/** A small generator of the xorshift family, so that a failure can be had again from its seed. */
function generator(seed: number): Draw {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function damaged(original: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array {
  let bytes = Array.from(original);
  for (let edits = 1 + draw(3); edits > 0; edits--) {
    const at = draw(bytes.length + 1);
    switch (draw(6)) {
      case 0:
        bytes[at] = draw(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
        break;
      case 2:
        bytes[at] = ((bytes[at] ?? 0) + (draw(2) === 0 ? 1 : 255)) % 256;
        break;
      case 3:
        bytes.splice(at, 1 + draw(4));
        break;
      case 4:
        bytes.splice(at, 0, ...Array.from({ length: 1 + draw(4) }, () => draw(256)));
        break;
      default: {
        const from = draw(other.length);
        bytes = [...bytes.slice(0, at), ...other.subarray(from, from + draw(40)), ...bytes.slice(at)];
      }
    }
  }
  const result = Uint8Array.from(bytes);
  // Else nearly all would end at the header.
  if (result.length >= 4 && draw(8) > 0) {
    result.set([(result.length - 4) >> 16, (result.length - 4) >> 8, result.length - 4], 1);
  }
  return result;
}

test('damaged messages end as the grammar says, and what is accepted encodes to the same bytes', (t) => {
  const draw = generator(SEED);
  const samples = [...rfc8448Messages(), ...fullMessages()];
  const pick = (): Uint8Array => samples[draw(samples.length)]?.raw ?? new Uint8Array(0);
  let accepted = 0;
  for (let i = 0; i < CASES; i++) {
    const raw = damaged(pick(), pick(), draw);
    const asked = draw(4) === 0 ? new Set([draw(60), draw(60)]) : KNOWN;
    const where = `seed ${SEED} case ${i}: ${Buffer.from(raw).toString('hex')}`;
    const expected = refusalsOf(raw, asked).map(({ code, alert }) => `${code} ${alert}`);
    const error = outcomeOf(raw, asked);
    if (expected.length > 0) {
      const seen = error === null ? 'accepted' : `${error.code} ${error.alert}`;
      assert.ok(expected.includes(seen), `${where}: ${seen}, not ${expected.join(' or ')}`);
      continue;
    }
    assert.equal(error, null, where);
    accepted++;
    const { raw: _, ...message } = decodeHandshake(raw);
    assert.deepEqual(encodeHandshake(message as HandshakeMessage13), raw, where);
  }
  assert.ok(accepted > CASES / 20 && accepted < CASES / 2, `${accepted} accepted`);
  t.diagnostic(`wire fuzz: ${CASES} damaged messages (seed ${SEED}), ${accepted} of them still acceptable`);
});

test('random bytes bring nothing but a TlsError out of any decoder', (t) => {
  const draw = generator(SEED + 1);
  const decoders: readonly ((bytes: Uint8Array) => unknown)[] = [
    ...Object.values(bodies),
    decodeAlert,
    decodeRecordHeader,
    checkChangeCipherSpec,
    decodeHandshake,
    decodeHandshake12,
    decodeEcdheParams,
    decodeEcdhePublic,
    decodeEncryptedPreMasterSecret,
  ];
  const counts = { cases: 0, decoded: 0 };
  for (let i = 0; i < CASES / 20; i++) {
    // Small numbers are likelier, or no length would ever fit.
    const bytes = Uint8Array.from({ length: draw(24) }, () => (draw(3) === 0 ? draw(256) : draw(5)));
    for (const decoder of decoders) {
      counts.cases++;
      try {
        decoder(bytes);
        counts.decoded++;
      } catch (error) {
        const where = `seed ${SEED + 1}, ${decoder.name} of ${Buffer.from(bytes).toString('hex')}`;
        assert.ok(error instanceof TlsError && error.alert !== 'internal_error', `${where}: ${error}`);
      }
    }
  }
  assert.ok(counts.decoded > counts.cases / 50 && counts.decoded < counts.cases / 2);
  t.diagnostic(`wire fuzz: ${counts.cases} decodings of random bytes, ${counts.decoded} of them possible`);
});
