/**
 * Sealing and opening of records under one key: our contexts against noble and node:crypto, both called anew for each record as
 * their interfaces want it; and whole records of TLS against the bare AEAD under them.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { createChaCha20Poly1305 } from '../src/crypto/aead/chacha20-poly1305.ts';
import { createAesGcm, GCM_KERNELS } from '../src/crypto/aead/gcm.ts';
import { createNobleProvider } from '../src/crypto/noble/provider.ts';
import type { Aead, CryptoProvider } from '../src/crypto/provider.ts';
import {
  AEAD_PARAMETERS,
  type AeadName,
  byName,
  CIPHER_SUITES,
  CIPHER_SUITES_12,
  type CipherSuite12,
  type CipherSuite13,
  type CipherSuiteName,
} from '../src/params/algorithms.ts';
import type { RecordProtection } from '../src/record/protection.ts';
import { createProtection12 } from '../src/record/protection12.ts';
import { createProtection13 } from '../src/record/protection13.ts';
import { type Benchmark, compare, type Figure } from './figure.ts';

const SIZES = [64, 256, 1350, 4096, 16_384];
const RECORD_SIZES = [64, 256, 1350, 16_384];
/** How long one measurement of a round takes. */
const ROUND_MS = 15;
/** How long each is run before it is measured: optimised code comes in several steps. */
const WARM_MS = 150;
const TAG = 16;
const EMPTY = new Uint8Array(0);
const AAD = new Uint8Array(5).fill(23);

interface Contender {
  /** As in the figures' names. */
  readonly name: string;
  readonly provider: string;
  readonly cipher: AeadName;
  readonly keyLength: number;
  readonly create: (key: Uint8Array) => Aead;
}

const CONTENDERS: readonly Contender[] = [
  ...([128, 256] as const).flatMap((bits) =>
    (['constant-time', 'fast'] as const).map((kernel) => ({
      name: kernel === 'fast' ? `aes-${bits}-gcm` : `aes-${bits}-gcm-ct`,
      provider: kernel === 'fast' ? 'noble-fast' : 'noble',
      cipher: `aes-${bits}-gcm` as const,
      keyLength: bits / 8,
      create: (key: Uint8Array) => createAesGcm(key, GCM_KERNELS[kernel]),
    })),
  ),
  {
    name: 'chacha20-poly1305',
    provider: 'noble',
    cipher: 'chacha20-poly1305',
    keyLength: 32,
    create: createChaCha20Poly1305,
  },
];

interface RecordKind {
  readonly name: string;
  readonly suite: CipherSuiteName;
  readonly aead: AeadName;
  readonly aes: 'constant-time' | 'fast';
}

const RECORDS: readonly RecordKind[] = (
  [
    ['tls13-record', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
    ['tls12-record', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
  ] as const
).flatMap(([version, gcm, chacha]) => [
  { name: `${version}/aes-128-gcm-ct`, suite: gcm, aead: 'aes-128-gcm', aes: 'constant-time' },
  { name: `${version}/aes-128-gcm`, suite: gcm, aead: 'aes-128-gcm', aes: 'fast' },
  { name: `${version}/chacha20-poly1305`, suite: chacha, aead: 'chacha20-poly1305', aes: 'fast' },
]);

export const aead: Benchmark = {
  name: 'aead',
  async run(progress) {
    const figures: Figure[] = [];
    for (const contender of CONTENDERS) {
      progress(contender.name);
      for (const size of SIZES) {
        for (const operation of ['seal', 'open'] as const) figures.push(...(await bare(contender, operation, size)));
      }
    }
    for (const record of RECORDS) {
      progress(`records, ${record.name}`);
      for (const size of RECORD_SIZES) {
        for (const operation of ['seal', 'open'] as const) figures.push(await framed(record, operation, size));
      }
    }
    return figures;
  },
};

async function bare(contender: Contender, operation: 'seal' | 'open', size: number): Promise<readonly Figure[]> {
  const { name, provider, cipher, keyLength, create } = contender;
  const key = new Uint8Array(keyLength).map((_, i) => 31 * i + 7);
  const context = create(key);
  const nonce = new Uint8Array(12).fill(5);
  const plaintext = new Uint8Array(size).map((_, i) => i);
  const sealed = new Uint8Array(size + TAG);
  context.seal(nonce, AAD, plaintext, EMPTY, sealed, 0);
  const out = new Uint8Array(size + TAG);
  const noble = cipher === 'chacha20-poly1305' ? chacha20poly1305 : gcm;

  const ours =
    operation === 'seal'
      ? () => context.seal(nonce, AAD, plaintext, EMPTY, out, 0)
      : () => void context.open(nonce, AAD, sealed, out, 0);
  const peers = {
    'noble-per-record':
      operation === 'seal'
        ? () => void noble(key, nonce, AAD).encrypt(plaintext)
        : () => void noble(key, nonce, AAD).decrypt(sealed),
    'node-crypto-per-record':
      operation === 'seal' ? () => nodeSeal(cipher, key, nonce, plaintext) : () => nodeOpen(cipher, key, nonce, sealed),
  };
  const figures: Figure[] = [];
  for (const [peer, theirs] of Object.entries(peers)) {
    figures.push(
      await compare({
        name: `aead/${name}/${operation}/${size}`,
        provider,
        unit: 'MB/s',
        peer,
        ours: meter(ours, size),
        theirs: meter(theirs, size),
      }),
    );
  }
  return figures;
}

/** A whole record, its header, nonce and (TLS 1.3) inner content type included, against the AEAD alone on as many bytes. */
async function framed(
  { name, aead, suite, aes }: RecordKind,
  operation: 'seal' | 'open',
  size: number,
): Promise<Figure> {
  const crypto = createNobleProvider({ aes });
  const create = (): RecordProtection => createProtection(crypto, suite, aead);
  const protection = create();
  const context = crypto.aead(aead, new Uint8Array(AEAD_PARAMETERS[aead].keyLength));
  const content = new Uint8Array(size);
  const is13 = byName(CIPHER_SUITES, suite) !== null;
  const tail = is13 ? Uint8Array.of(23) : EMPTY;
  const aad = is13 ? AAD : new Uint8Array(13);
  const nonce = new Uint8Array(12);
  const out = new Uint8Array(protection.sealedLength(size, 0));
  const opened = new Uint8Array(size + tail.length);
  const bare = new Uint8Array(size + tail.length + TAG);
  context.seal(nonce, aad, content, tail, bare, 0);
  create().seal(23, content, 0, out, 0);
  const fragment = out.slice(5);
  // Each record opens once under its number: a context of its own opens the first again and again.
  const again = protection as { sequence: number };

  const work =
    operation === 'seal'
      ? {
          ours: () => protection.seal(23, content, 0, out, 0),
          theirs: () => context.seal(nonce, aad, content, tail, out, out.length - bare.length),
        }
      : {
          ours: () => {
            again.sequence = 0;
            if (protection.open(0x0303, fragment, opened, 0, 23) !== size) throw new Error('a record does not open');
          },
          theirs: () => void context.open(nonce, aad, bare, opened, 0),
        };
  return compare({
    name: `aead/${name}/${operation}/${size}`,
    provider: crypto.name,
    unit: 'MB/s',
    peer: 'bare AEAD',
    ours: meter(work.ours, size),
    theirs: meter(work.theirs, size),
  });
}

function createProtection(crypto: CryptoProvider, suite: CipherSuiteName, aead: AeadName): RecordProtection {
  const options = { recordLimit: Number.MAX_SAFE_INTEGER };
  const found13 = byName(CIPHER_SUITES, suite) as CipherSuite13 | null;
  if (found13 !== null) return createProtection13(crypto, found13, new Uint8Array(32).fill(9), options);
  const key = new Uint8Array(AEAD_PARAMETERS[aead].keyLength).fill(9);
  const keys = { macKey: EMPTY, key, iv: new Uint8Array(aead === 'chacha20-poly1305' ? 12 : 4) };
  const found12 = byName(CIPHER_SUITES_12, suite) as CipherSuite12;
  return createProtection12(crypto, found12, keys, { ...options, encryptThenMac: false });
}

function nodeSeal(cipher: AeadName, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): void {
  const context = createCipheriv(cipher as 'aes-128-gcm', key, nonce, { authTagLength: TAG });
  context.setAAD(AAD);
  context.update(plaintext);
  context.final();
  context.getAuthTag();
}

function nodeOpen(cipher: AeadName, key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): void {
  const context = createDecipheriv(cipher as 'aes-128-gcm', key, nonce, { authTagLength: TAG });
  context.setAAD(AAD);
  context.setAuthTag(sealed.subarray(-TAG));
  context.update(sealed.subarray(0, -TAG));
  context.final();
}

/**
 * Runs for about a round's time, and a longer one at first, and gives megabytes of plaintext a second of processor time: that of
 * this process, with what its garbage collector takes, and without what other processes take.
 */
function meter(work: () => void, size: number): () => number {
  let batch = 0;
  return () => {
    if (batch === 0) batch = calibrate(work);
    const start = processorTime();
    for (let i = 0; i < batch; i++) work();
    return (size * batch) / (processorTime() - start);
  };
}

/** How many calls take a round's time, once warm. */
function calibrate(work: () => void): number {
  let calls = 0;
  const start = processorTime();
  for (; processorTime() - start < 1000 * WARM_MS; calls += 64) for (let i = 0; i < 64; i++) work();
  return Math.max(1, Math.round((1000 * calls * ROUND_MS) / (processorTime() - start)));
}

/** In microseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
