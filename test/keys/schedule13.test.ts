import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveSecret, hkdfExpand, hkdfExtract } from '../../src/keys/hkdf.ts';
import {
  computeVerifyData,
  deriveApplicationTrafficSecrets,
  deriveBinderKey,
  deriveEarlySecret,
  deriveEarlyTrafficSecrets,
  deriveFinishedKey,
  deriveHandshakeSecret,
  deriveHandshakeTrafficSecrets,
  deriveMainSecret,
  deriveNextTrafficSecret,
  deriveResumptionPsk,
  deriveResumptionSecret,
  deriveTrafficKeys,
} from '../../src/keys/schedule13.ts';
import { startTranscript } from '../../src/keys/transcript.ts';
import { byName, CIPHER_SUITES, HASH_LENGTH } from '../../src/params/algorithms.ts';
import { provider as crypto } from '../provider.ts';
import { fromHex, type KdfTest, loadKdfTests, rfc8448Steps, type TraceStep, toHex } from '../vectors/load.ts';

const suite = byName(CIPHER_SUITES, 'TLS_AES_128_GCM_SHA256') ?? assert.fail();

/** Counts what it compares, so that a test can say how many values it has checked. */
function comparer(): { equal(actual: Uint8Array, expected: Uint8Array | string, what: string): void; count: number } {
  return {
    count: 0,
    equal(actual, expected, what) {
      assert.equal(toHex(actual), typeof expected === 'string' ? expected : toHex(expected), what);
      this.count++;
    },
  };
}

test('NIST ACVP: all eight secrets of every test', (t) => {
  const compare = comparer();
  const tests = loadKdfTests();
  for (const one of tests) checkKdfTest(one, compare);
  assert.equal(compare.count, tests.length * 8);
  t.diagnostic(`tls13-kdf: ${compare.count} values in ${tests.length} tests`);
});

function checkKdfTest(one: KdfTest, compare: ReturnType<typeof comparer>): void {
  const { hash, secrets } = one;
  const what = `set ${one.set} test ${one.id}`;
  const hello = startTranscript([fromHex(one.clientHello)]).bind(crypto, hash);
  const serverHello = hello.with(fromHex(one.serverHello));
  const serverFinished = serverHello.with(fromHex(one.serverFinished));
  const clientFinished = serverFinished.with(fromHex(one.clientFinished));

  const early = deriveEarlySecret(crypto, hash, one.psk === null ? null : fromHex(one.psk));
  const earlySecrets = deriveEarlyTrafficSecrets(crypto, hash, early, hello.hash());
  compare.equal(earlySecrets.client, secrets.clientEarlyTraffic, what);
  compare.equal(earlySecrets.exporter, secrets.earlyExporter, what);

  const handshake = deriveHandshakeSecret(crypto, hash, early, one.dhe === null ? null : fromHex(one.dhe));
  const handshakeSecrets = deriveHandshakeTrafficSecrets(crypto, hash, handshake, serverHello.hash());
  compare.equal(handshakeSecrets.client, secrets.clientHandshakeTraffic, what);
  compare.equal(handshakeSecrets.server, secrets.serverHandshakeTraffic, what);

  const main = deriveMainSecret(crypto, hash, handshake);
  const applicationSecrets = deriveApplicationTrafficSecrets(crypto, hash, main, serverFinished.hash());
  compare.equal(applicationSecrets.client, secrets.clientApplicationTraffic, what);
  compare.equal(applicationSecrets.server, secrets.serverApplicationTraffic, what);
  compare.equal(applicationSecrets.exporter, secrets.exporter, what);
  compare.equal(deriveResumptionSecret(crypto, hash, main, clientFinished.hash()), secrets.resumption, what);
}

test('RFC 8448: every derivation that the RFC prints, from its own inputs', (t) => {
  const compare = comparer();
  const kinds = { extract: 0, secret: 0, keys: 0, finished: 0, binder: 0, resumption: 0 };
  for (const step of rfc8448Steps()) {
    const what = `§${step.section} step ${step.step}: ${step.title}`;
    const label = /"tls13 ([^"]+)"/.exec(step.title)?.[1];
    if (step.title.startsWith('extract secret')) {
      kinds.extract++;
      compare.equal(hkdfExtract(crypto, 'sha256', step.value('salt'), step.value('IKM')), step.value('secret'), what);
    } else if (step.title.startsWith('derive secret')) {
      kinds.secret++;
      const [prk, hash, expanded] = [step.value('PRK'), step.value('hash'), step.value('expanded')];
      compare.equal(deriveSecret(crypto, 'sha256', prk, label ?? assert.fail(what), hash), expanded, what);
      compare.equal(hkdfExpand(crypto, 'sha256', prk, step.value('info'), 32), expanded, what);
    } else if (/^derive (read|write) traffic keys/.test(step.title)) {
      kinds.keys++;
      const keys = deriveTrafficKeys(crypto, suite, step.value('PRK'));
      compare.equal(keys.key, step.value('key expanded'), what);
      compare.equal(keys.iv, step.value('iv expanded'), what);
      compare.equal(hkdfExpand(crypto, 'sha256', step.value('PRK'), step.value('key info'), 16), keys.key, what);
      compare.equal(hkdfExpand(crypto, 'sha256', step.value('PRK'), step.value('iv info'), 12), keys.iv, what);
    } else if (step.title.startsWith('calculate finished')) {
      kinds.finished++;
      const transcriptHash = fromHex(step.derived?.transcriptHash ?? assert.fail(what));
      compare.equal(deriveFinishedKey(crypto, 'sha256', step.value('PRK')), step.value('expanded'), what);
      compare.equal(
        computeVerifyData(crypto, 'sha256', step.value('PRK'), transcriptHash),
        step.value('finished'),
        what,
      );
    } else if (step.title === 'calculate PSK binder') {
      kinds.binder++;
      const binderHash = startTranscript([step.value('ClientHello prefix')])
        .bind(crypto, 'sha256')
        .hash();
      compare.equal(binderHash, step.value('binder hash'), what);
      compare.equal(deriveFinishedKey(crypto, 'sha256', step.value('PRK')), step.value('expanded'), what);
      compare.equal(computeVerifyData(crypto, 'sha256', step.value('PRK'), binderHash), step.value('finished'), what);
    } else if (step.title.startsWith('generate resumption secret')) {
      kinds.resumption++;
      compare.equal(
        deriveResumptionPsk(crypto, 'sha256', step.value('PRK'), step.value('hash')),
        step.value('expanded'),
        what,
      );
    }
  }
  assert.deepEqual(kinds, { extract: 15, secret: 47, keys: 21, finished: 10, binder: 1, resumption: 1 });
  t.diagnostic(`rfc8448 keys: ${compare.count} values recomputed`);
});

test('RFC 8448: every transcript hash, from the messages', (t) => {
  let count = 0;
  for (const section of [3, 4, 5, 6, 7]) {
    const steps = rfc8448Steps(section);
    const messages = traceMessages(steps);
    for (const step of steps) {
      const hashOf = step.derived?.hashOf;
      if (hashOf === undefined) continue;
      const what = `§${section} step ${step.step}`;
      assert.deepEqual(
        messages.slice(0, hashOf.length).map(({ name }) => name),
        hashOf,
        what,
      );

      const expected = step.derived?.transcriptHash ?? toHex(step.value('hash'));
      assert.equal(toHex(transcriptOf(messages.slice(0, hashOf.length).map(({ raw }) => raw))), expected, what);
      count++;
    }
  }
  t.diagnostic(`rfc8448 transcripts: ${count} hashes`);
  assert.equal(count, 57);
});

/** The messages of a trace in the order in which the transcript has them. */
function traceMessages(steps: readonly TraceStep[]): { name: string; raw: Uint8Array }[] {
  const messages: { name: string; raw: Uint8Array }[] = [];
  for (const step of steps) {
    const name = /^construct an? (\w+) handshake message$/.exec(step.title)?.[1];
    if (name === undefined || name === 'NewSessionTicket') continue;
    // §4 of the RFC constructs its ClientHello in two steps: the binder comes with the record.
    const whole = name === 'ClientHello' ? steps.find((s) => s.step > step.step && s.has('payload')) : undefined;
    messages.push({ name, raw: whole?.value('payload') ?? step.value(name) });
  }
  return messages;
}

function transcriptOf(raws: readonly Uint8Array[]): Uint8Array {
  const [clientHello, serverHello, secondHello, ...rest] = raws;
  const isRetry = secondHello !== undefined && secondHello[0] === 1;
  if (!isRetry || clientHello === undefined || serverHello === undefined) {
    return startTranscript(raws).bind(crypto, 'sha256').hash();
  }
  let transcript = startTranscript([clientHello]).bind(crypto, 'sha256').replacedByMessageHash().with(serverHello);
  for (const raw of [secondHello, ...rest]) transcript = transcript.with(raw);
  return transcript.hash();
}

test('RFC 8448: the whole schedule, from PSK and shared secret alone', () => {
  for (const section of [3, 4, 5, 6, 7]) {
    const steps = rfc8448Steps(section);
    const named = (title: string): TraceStep =>
      steps.find((step) => step.title.startsWith(title)) ?? assert.fail(`§${section} ${title}`);
    const expanded = (label: string): string => toHex(named(`derive secret "tls13 ${label}"`).value('expanded'));
    const hash = (label: string): Uint8Array => named(`derive secret "tls13 ${label}"`).value('hash');

    const psk = section === 4 ? named('extract secret "early"').value('IKM') : null;
    const early = deriveEarlySecret(crypto, 'sha256', psk);
    assert.equal(toHex(early), toHex(named('extract secret "early"').value('secret')));
    if (section === 4) {
      assert.equal(
        toHex(deriveBinderKey(crypto, 'sha256', early, 'resumption')),
        toHex(named('calculate PSK binder').value('PRK')),
      );
      const secrets = deriveEarlyTrafficSecrets(crypto, 'sha256', early, hash('c e traffic'));
      assert.equal(toHex(secrets.client), expanded('c e traffic'));
      assert.equal(toHex(secrets.exporter), expanded('e exp master'));
    }

    const shared = named('extract secret "handshake"').value('IKM');
    const handshake = deriveHandshakeSecret(crypto, 'sha256', early, shared);
    assert.equal(toHex(handshake), toHex(named('extract secret "handshake"').value('secret')));
    const handshakeSecrets = deriveHandshakeTrafficSecrets(crypto, 'sha256', handshake, hash('c hs traffic'));
    assert.equal(toHex(handshakeSecrets.client), expanded('c hs traffic'));
    assert.equal(toHex(handshakeSecrets.server), expanded('s hs traffic'));

    const main = deriveMainSecret(crypto, 'sha256', handshake);
    assert.equal(toHex(main), toHex(named('extract secret "master"').value('secret')));
    const secrets = deriveApplicationTrafficSecrets(crypto, 'sha256', main, hash('c ap traffic'));
    assert.equal(toHex(secrets.client), expanded('c ap traffic'));
    assert.equal(toHex(secrets.server), expanded('s ap traffic'));
    assert.equal(toHex(secrets.exporter), expanded('exp master'));
    assert.equal(toHex(deriveResumptionSecret(crypto, 'sha256', main, hash('res master'))), expanded('res master'));
  }
});

test('the three kinds of PSK have three binder keys', () => {
  const early = deriveEarlySecret(crypto, 'sha256', new Uint8Array(32).fill(7));
  const keys = (['external', 'resumption', 'imported'] as const).map((kind) =>
    toHex(deriveBinderKey(crypto, 'sha256', early, kind)),
  );
  assert.equal(new Set(keys).size, 3);
  // The labels of RFC 9846 §7.1 and RFC 9258 §5.2.
  const empty = crypto.hash('sha256').digest();
  for (const [i, label] of ['ext binder', 'res binder', 'imp binder'].entries()) {
    assert.equal(keys[i], toHex(deriveSecret(crypto, 'sha256', early, label, empty)));
  }
});

// RFC 9001 §A.5: the packet protection keys of ChaCha20 follow from a secret with the same HKDF-Expand-Label; "quic ku" there
// has the place of "traffic upd", so only the shape of an update can be checked here.
test('an updated traffic secret has Hash.length bytes and is another one', () => {
  for (const one of CIPHER_SUITES) {
    const secret = new Uint8Array(HASH_LENGTH[one.hash]).fill(1);
    const next = deriveNextTrafficSecret(crypto, one.hash, secret);
    assert.equal(next.length, HASH_LENGTH[one.hash]);
    assert.notDeepEqual(next, secret);
    // §7.2: HKDF-Expand-Label(secret, "traffic upd", "", Hash.length), written out.
    const info = Uint8Array.of(0, next.length, 17, ...new TextEncoder().encode('tls13 traffic upd'), 0);
    assert.deepEqual(next, hkdfExpand(crypto, one.hash, secret, info, next.length));
  }
});
