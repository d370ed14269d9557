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
import type { Aead } from '../src/crypto/provider.ts';
import { type AeadName, byName, CIPHER_SUITES, type CipherSuite13 } from '../src/params/algorithms.ts';
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
    for (const aes of ['constant-time', 'fast'] as const) {
      progress(`TLS 1.3 records, ${aes}`);
      for (const size of RECORD_SIZES) figures.push(await framed(aes, size));
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

/** A whole record of TLS 1.3, its header and inner content type included, against the AEAD alone on as many bytes. */
async function framed(aes: 'constant-time' | 'fast', size: number): Promise<Figure> {
  const crypto = createNobleProvider({ aes });
  const suite = byName(CIPHER_SUITES, 'TLS_AES_128_GCM_SHA256') as CipherSuite13;
  const protection = createProtection13(crypto, suite, new Uint8Array(32).fill(9), {
    recordLimit: Number.MAX_SAFE_INTEGER,
  });
  const context = crypto.aead('aes-128-gcm', new Uint8Array(16));
  const content = new Uint8Array(size);
  const tail = Uint8Array.of(23);
  const nonce = new Uint8Array(12);
  const out = new Uint8Array(size + protection.overhead);
  return compare({
    name: `aead/tls13-record/aes-128-gcm${aes === 'fast' ? '' : '-ct'}/seal/${size}`,
    provider: crypto.name,
    unit: 'MB/s',
    peer: 'bare AEAD',
    ours: meter(() => protection.seal(23, content, 0, out, 0), size),
    theirs: meter(() => context.seal(nonce, AAD, content, tail, out, 5), size),
  });
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
