/**
 * Whatever a client encrypts in static RSA, a server that holds the key says the same at the same moment, and does the same.
 *
 * noble's private operation takes tens of milliseconds, so most ciphertexts are made from blocks that the test knows, and the
 * provider returns the block where it would decrypt; some of every kind go through the real operation. On node:crypto
 * (ISOTLS_PROVIDER) a third of all do: it is asked for the block, never for the secret, so that whether OpenSSL rejects
 * implicitly (as it does from 3.2 on, where it looks at padding) makes no difference.
 *
 * @see RFC 5246 §7.4.7.1; Bleichenbacher, CRYPTO '98; Böck, Somorovsky, Young: ROBOT, 2018
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer } from '../../../src/connection/connection.ts';
import type { AnyQuestion, Step, TlsConnection } from '../../../src/connection/events.ts';
import { TlsError, TlsUsageError } from '../../../src/errors/errors.ts';
import type { ServerConfig } from '../../../src/handshake/shared/config.ts';
import { sessionPolicyOf } from '../../../src/handshake/shared/session-policy.ts';
import { HANDSHAKE_TYPE } from '../../../src/params/registries.ts';
import { encodeEncryptedPreMasterSecret } from '../../../src/wire/key-exchange12.ts';
import { encodeHandshake12 } from '../../../src/wire/message12.ts';
import { fastProvider } from '../../connection/fast-provider.ts';
import { credential, type Servers, seededRandom, serverConfig } from '../../connection/pair.ts';
import { FAST, joined, plainRecord, type Scenario, TYPE } from '../../connection/rogue.ts';
import { messageOf, scriptOf, withoutKey } from '../../connection/script.ts';
import { RSA12 } from '../../connection/script12.ts';
import { seeded } from '../../crypto/randomness.ts';
import { provider } from '../../provider.ts';
import { recording } from './recording-provider.ts';

const rsa = credential({ kind: 'rsa2048' });
const key = rsa.leaf.publicKey;
assert.ok(key?.kind === 'rsa' && rsa.key?.kind === 'rsa');
const LENGTH = key.modulus.length;
const N = numberOf(key.modulus);
const E = numberOf(key.exponent);
const VERSION = [3, 3] as const;

/** The server's whole answer: fatal, bad_record_mac. */
const REPLY = Uint8Array.of(21, 3, 3, 0, 2, 2, 20);

// ---------------------------------------------------------------- ciphertexts

interface Sample {
  readonly kind: string;
  readonly ciphertext: Uint8Array;
  /** What the private operation gives. */
  readonly block: Uint8Array;
}

const draw = seeded('bleichenbacher');
const below = (limit: number): number => {
  const [a = 0, b = 0, c = 0] = draw(3);
  return ((a << 16) | (b << 8) | c) % limit;
};
const nonZero = (length: number): Uint8Array => draw(length).map((byte) => (byte === 0 ? 1 + below(255) : byte));

/** 0, 2, padding, 0, and this secret. */
function block(secret: Uint8Array = Uint8Array.of(...VERSION, ...draw(46))): Uint8Array {
  const bytes = nonZero(LENGTH);
  bytes.set([0, 2]);
  bytes.set(secret, LENGTH - secret.length);
  return changed(LENGTH - secret.length - 1, 0, bytes);
}

function changed(at: number, value: number, of: Uint8Array = block()): Uint8Array {
  const bytes = of.slice();
  bytes[at] = value;
  return bytes;
}

const SEPARATOR = LENGTH - 49;

/** Blocks below the modulus, whose highest bit is set. */
const BLOCKS: Readonly<Record<string, () => Uint8Array>> = {
  good: () => block(),
  'a wrong first byte': () => changed(0, 1 + below(127)),
  'another block type': () => changed(1, [0, 1, 3, 4, 0x82, 0xff][below(6)] ?? 0),
  'a zero in the first eight bytes of padding': () => changed(2 + below(8), 0),
  'a zero in the padding': () => changed(10 + below(SEPARATOR - 10), 0),
  'no zero': () => Uint8Array.of(0, 2, ...nonZero(LENGTH - 2)),
  'no zero before the secret': () => changed(SEPARATOR, 1 + below(255)),
  'a zero too early': () => block(nonZero(49 + below(180))),
  'a zero too late': () => block(nonZero(below(48))),
  'wrong version bytes': () => block(Uint8Array.of(below(256), below(256), ...draw(46))),
  'an older version': () => block(Uint8Array.of(3, below(3), ...draw(46))),
  'nothing but zeros': () => new Uint8Array(LENGTH),
  one: () => changed(LENGTH - 1, 1, new Uint8Array(LENGTH)),
  'random bytes': () => changed(0, below(128), draw(LENGTH).slice()),
  'a signature’s padding': () => Uint8Array.of(0, 1, ...new Uint8Array(LENGTH - 51).fill(0xff), 0, ...draw(48)),
};

/** Ciphertexts that are none: the private operation gives zeros for them. */
const NOT_CIPHERTEXTS: Readonly<Record<string, () => Uint8Array>> = {
  'the modulus': () => bytesOf(N),
  'beyond the modulus': () => bytesOf(N + BigInt(1 + below(1_000_000))),
  'ff throughout': () => new Uint8Array(LENGTH).fill(0xff),
};

/** Of another length, which anybody can see. */
const OTHER_LENGTHS: Readonly<Record<string, () => Uint8Array>> = {
  empty: () => new Uint8Array(0),
  'one byte': () => draw(1),
  'a byte less': () => draw(LENGTH - 1),
  'a byte more': () => Uint8Array.of(0, ...draw(LENGTH)),
  'twice as long': () => draw(2 * LENGTH),
  'many times as long': () => new Uint8Array(4_000).fill(1 + below(255)),
};

const KINDS = [...Object.keys(BLOCKS), ...Object.keys(NOT_CIPHERTEXTS), ...Object.keys(OTHER_LENGTHS)];

function sample(kind: string): Sample {
  const made = BLOCKS[kind]?.();
  if (made !== undefined) return { kind, block: made, ciphertext: bytesOf(power(numberOf(made), E)) };
  const ciphertext = (NOT_CIPHERTEXTS[kind] ?? OTHER_LENGTHS[kind])?.() ?? new Uint8Array(0);
  return { kind, ciphertext, block: new Uint8Array(LENGTH) };
}

// ---------------------------------------------------------------- servers

/** Without extended_main_secret the session hash is not computed. */
const LEGACY: Scenario = {
  client: {
    ...RSA12.client,
    helloShape: { clientHello: (extensions) => extensions.filter(({ type }) => type !== 23) },
  },
  server: RSA12.server ?? {},
};

interface Reply {
  /** What the server said after the ClientKeyExchange, after change_cipher_spec, and after Finished. */
  readonly said: readonly Uint8Array[];
  readonly events: readonly string[];
  /** The provider's calls from the ClientKeyExchange on. */
  readonly calls: string;
}

/** How the server comes to the block. */
type Way = 'memory' | 'real' | 'raw' | 'preliminary' | 'decider' | 'nothing';

const FINISHED = plainRecord(TYPE.handshake, seededRandom('a Finished under other keys')(40));
const CCS = plainRecord(TYPE.change_cipher_spec, [1]);

/** One config for all servers of a kind, whose chance begins anew with each. */
interface Bench {
  readonly config: ServerConfig;
  readonly calls: string[];
  begin(block: Uint8Array): void;
}

const benches = new Map<string, Bench>();

function benchOf(way: Way, scenario: Scenario): Bench {
  const id = `${way} ${scenario === LEGACY}`;
  const known = benches.get(id);
  if (known !== undefined) return known;
  let block = new Uint8Array(0);
  let source = seededRandom('server');
  const inner = way === 'real' ? provider : { ...fastProvider, rsaDecryptRaw: () => block.slice() };
  const { crypto, random, calls } = recording(inner, (length) => source(length));
  const isMemory = way === 'memory' || way === 'real';
  const config = serverConfig({
    ...FAST,
    ...scenario.server,
    crypto,
    random,
    credentials: [isMemory ? rsa : withoutKey(rsa)],
    decide: {
      ...scenario.server?.decide,
      // What a module does that looks at the padding: it throws.
      ...(way === 'decider' ? { decryptPreliminarySecret: () => ({ preliminary: unpadded(block) }) } : {}),
    },
  });
  // Computed once for a config, and remembered.
  sessionPolicyOf(config);
  const bench: Bench = {
    config,
    calls,
    begin(next) {
      block = next.slice();
      source = seededRandom('server');
    },
  };
  benches.set(id, bench);
  return bench;
}

function replyTo({ ciphertext, block }: Sample, way: Way, scenario: Scenario = RSA12): Reply {
  const bench = benchOf(way, scenario);
  bench.begin(block);
  const server = openServer(scenario, bench.config);
  const isMemory = way === 'memory' || way === 'real';
  bench.calls.length = 0;
  const said: Uint8Array[] = [];
  const events: string[] = [];
  const take = (...steps: readonly Step[]): void => {
    said.push(joined(...steps.map(({ transmit }) => transmit)));
    for (const event of steps.flatMap((step) => step.events)) {
      if (event.type !== 'question') events.push(event.type === 'failed' ? event.error.code : event.type);
    }
  };
  const body = encodeEncryptedPreMasterSecret(ciphertext);
  const exchange = encodeHandshake12({ type: 'client_key_exchange', body });
  assert.equal(exchange[0], HANDSHAKE_TYPE.client_key_exchange);
  const steps = [server.receive(plainRecord(TYPE.handshake, exchange))];
  const question = server.suspendedOn;
  assert.equal(question !== null, !isMemory && way !== 'decider');
  if (question !== null) steps.push(answer(server, question, answerOf(way, block)));
  take(...steps);
  take(server.receive(CCS));
  take(server.receive(FINISHED));
  return { said, events, calls: bench.calls.join(' ') };
}

function openServer(scenario: Scenario, config: ServerConfig): TlsConnection {
  const server = createServer(config);
  server.receive(plainRecord(TYPE.handshake, messageOf(scriptOf(scenario).client, 'client_hello')));
  return server;
}

function answerOf(way: Way, block: Uint8Array): unknown {
  if (way === 'raw') return { raw: block.slice() };
  if (way === 'nothing') return null;
  try {
    return { preliminary: unpadded(block) };
  } catch {
    return null;
  }
}

/** RFC 8017 §7.2.2, with a branch for everything. */
function unpadded(block: Uint8Array): Uint8Array {
  const zero = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || zero < 10) throw new Error('decryption error');
  return block.slice(zero + 1);
}

function answer(server: TlsConnection, question: AnyQuestion, reply: unknown): Step {
  return (server as unknown as { answer(question: unknown, reply: unknown): Step }).answer(question, reply);
}

/** Only the names of calls: where a ciphertext has another length, so has what is hashed of it. */
const namesOf = (calls: string): string => calls.replace(/\([^)]*\)/g, '');

function assertAlike(actual: Reply, expected: Reply, { kind, ciphertext }: Sample, way: Way): void {
  assert.deepEqual(actual.said, expected.said, `${kind}, ${way}`);
  assert.deepEqual(actual.events, expected.events, `${kind}, ${way}`);
  if (ciphertext.length === LENGTH) assert.equal(actual.calls, expected.calls, `${kind}, ${way}`);
  else assert.equal(namesOf(actual.calls), namesOf(expected.calls), `${kind}, ${way}`);
}

test('one reply, and one sequence of calls, to 10,000 ciphertexts', (t) => {
  const own = provider.name === 'node' ? 'real' : 'memory';
  const ways = [own, own, 'raw', 'preliminary', 'nothing', 'decider'] as const;
  const expected = new Map<string, Reply>();
  const counts = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const kind = KINDS[i % KINDS.length] ?? 'good';
    const way = ways[Math.floor(i / KINDS.length) % ways.length] ?? own;
    const scenario = i % 5 === 0 ? LEGACY : RSA12;
    const id = `${way} ${scenario === LEGACY}`;
    let good = expected.get(id);
    if (good === undefined) {
      good = replyTo(sample('good'), way, scenario);
      assert.deepEqual(good.said, [new Uint8Array(0), new Uint8Array(0), REPLY], id);
      assert.deepEqual(good.events, ['alert', 'ERR_TLS_BAD_RECORD'], id);
      expected.set(id, good);
    }
    const one = sample(kind);
    assertAlike(replyTo(one, way, scenario), good, one, way);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  assert.equal(counts.size, KINDS.length);
  t.diagnostic(
    `Bleichenbacher with ${provider.name}: 10,000 ciphertexts of ${KINDS.length} kinds, one reply, the same calls`,
  );
});

test('the same with the real private operation', (t) => {
  const good = replyTo(sample('good'), 'real');
  assert.deepEqual(good.said, [new Uint8Array(0), new Uint8Array(0), REPLY]);
  assert.ok(good.calls.includes('rsaDecryptRaw(256)'));
  for (const kind of KINDS) {
    const one = sample(kind);
    assertAlike(replyTo(one, 'real'), good, one, 'real');
    // What the other test takes for the result is the result.
    const raw = provider.rsaDecryptRaw(rsa.key as never, one.ciphertext, seededRandom('blinding'));
    assert.deepEqual(raw, one.block, kind);
  }
  t.diagnostic(`Bleichenbacher with ${provider.name}: ${KINDS.length} kinds through the real private operation`);
});

test('with an external key every answer that is none goes on, and no error is taken for one', () => {
  const one = sample('good');
  const expected = replyTo(one, 'raw');
  const ask = (also: Servers = {}): { server: TlsConnection; steps: Step[] } => {
    const random = seededRandom('server');
    const options = { ...FAST, ...RSA12.server, random, credentials: [withoutKey(rsa)], ...also };
    const server = openServer(RSA12, serverConfig(options));
    const body = encodeEncryptedPreMasterSecret(one.ciphertext);
    const exchange = encodeHandshake12({ type: 'client_key_exchange', body });
    return { server, steps: [server.receive(plainRecord(TYPE.handshake, exchange))] };
  };
  const assertGoesOn = (server: TlsConnection, what: string): void => {
    assert.equal(server.suspendedOn, null, what);
    assert.deepEqual(server.receive(CCS).transmit, new Uint8Array(0), what);
    assert.deepEqual(server.receive(FINISHED).transmit, expected.said[2], what);
  };

  for (const [what, reply] of [
    ['null', null],
    ...[0, 1, 47, 49, 255, 257].map((length) => [`raw of ${length}`, { raw: new Uint8Array(length) }] as const),
    ...[0, 1, 47, 49, 256].map((length) => [`secret of ${length}`, { preliminary: new Uint8Array(length) }] as const),
    ['a secret of zeros', { preliminary: new Uint8Array(48) }],
    ['a block of zeros', { raw: new Uint8Array(LENGTH) }],
  ] as const) {
    const { server } = ask();
    assert.ok(server.suspendedOn !== null);
    assert.equal(answer(server, server.suspendedOn, reply).transmit.length, 0, what);
    assertGoesOn(server, what);
  }

  const NONE: readonly (readonly [string, unknown])[] = [
    ['a TlsError', new TlsError('ERR_TLS_PEER_REFUSED')],
    ['an Error', new Error('bad padding')],
    ['undefined', undefined],
    ['a Promise', Promise.resolve(null)],
    ['bytes alone', new Uint8Array(48)],
    ['an empty object', {}],
  ];
  for (const [what, reply] of NONE) {
    const { server } = ask();
    const question = server.suspendedOn;
    assert.ok(question !== null);
    assert.throws(() => answer(server, question, reply), TlsUsageError, what);
    assert.equal(server.suspendedOn, question, what);
    answer(server, question, null);
    assertGoesOn(server, what);

    // A decider's failure may come from the padding.
    const given = { decryptPreliminarySecret: () => reply as never };
    assertGoesOn(ask({ decide: given }).server, `${what}, from a decider`);
    const thrown = {
      decryptPreliminarySecret: () => {
        throw reply;
      },
    };
    assertGoesOn(ask({ decide: thrown }).server, `${what}, thrown by a decider`);
  }
});

// ---------------------------------------------------------------- numbers

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * LENGTH, '0'), 'hex'));
}

/** base^exponent mod N, for a public exponent. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % N;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N;
    square = (square * square) % N;
  }
  return result;
}
