/**
 * RSA-2048 signatures, blinded and checked before they leave, against micro-rsa-dsa-dh, which does neither.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { generatePrivateKey } from '../src/certs/issue.ts';
import { platformRandom } from '../src/connection/config.ts';
import { OWN_PROVIDERS } from './contenders.ts';
import { type Benchmark, compareAll } from './figure.ts';
import { importPeer } from './peers.ts';

interface MicroRsa {
  PKCS1_SHA256: Signer;
  PSS(hash: unknown, mgf: unknown, saltLength: number): Signer;
  mgf1(hash: unknown): unknown;
}

interface Signer {
  sign(key: { readonly n: bigint; readonly d: bigint }, message: Uint8Array): Uint8Array;
}

const COUNT = 8;

export const signing: Benchmark = {
  name: 'signing',
  async run(progress) {
    const key = generatePrivateKey('rsa2048', platformRandom);
    if (key.kind !== 'rsa') throw new Error('not an RSA key');
    const message = platformRandom(100);
    let peer: MicroRsa;
    try {
      peer = await importPeer<MicroRsa>('micro-rsa-dsa-dh/rsa.js');
    } catch {
      progress('micro-rsa-dsa-dh is left out (npm ci --prefix bench installs it)');
      return [];
    }
    const numbers = { n: toNumber(key.modulus), d: toNumber(key.privateExponent) };
    const cases = [
      ['pkcs1', { kind: 'rsa-pkcs1', hash: 'sha256' }, peer.PKCS1_SHA256],
      ['pss', { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 }, peer.PSS(sha256, peer.mgf1(sha256), 32)],
    ] as const;
    const figures = [];
    for (const [name, algorithm, signer] of cases) {
      progress(name);
      figures.push(
        ...(await compareAll(
          `signing/rsa2048-${name}`,
          'signatures/CPU-s',
          OWN_PROVIDERS.map((crypto) => ({
            name: 'isotls',
            provider: crypto.name,
            measure: () => rate(() => crypto.sign(algorithm, key, message, platformRandom)),
          })),
          [{ name: 'micro-rsa-dsa-dh', provider: 'pure', measure: () => rate(() => signer.sign(numbers, message)) }],
        )),
      );
    }
    return figures;
  },
};

function rate(work: () => unknown): number {
  const start = process.cpuUsage();
  for (let i = 0; i < COUNT; i++) work();
  const { user, system } = process.cpuUsage(start);
  return COUNT / ((user + system) / 1e6);
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
