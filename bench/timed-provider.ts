/**
 * A provider that keeps the time spent in it: what is left of a handshake is the protocol's own.
 *
 * @module
 */
import type { Aead, BlockCipherCbc, CryptoProvider, EphemeralKey, HashContext } from '../src/crypto/provider.ts';

export interface TimedProvider {
  readonly crypto: CryptoProvider;
  /** Milliseconds since the last call of this. */
  take(): number;
  /** Milliseconds and calls by primitive since the last call of this, for a look at where they go. */
  takeByName(): ReadonlyMap<string, { readonly ms: number; readonly calls: number }>;
}

export function timed(inner: CryptoProvider): TimedProvider {
  let total = 0;
  let names = new Map<string, { ms: number; calls: number }>();
  /** Calls from within a call are on the outer one's account. */
  let inside = false;

  function time<T>(name: string, work: () => T): T {
    if (inside) return work();
    inside = true;
    const start = performance.now();
    try {
      return work();
    } finally {
      const ms = performance.now() - start;
      inside = false;
      total += ms;
      const entry = names.get(name) ?? { ms: 0, calls: 0 };
      entry.ms += ms;
      entry.calls += 1;
      names.set(name, entry);
    }
  }

  const context = (made: HashContext): HashContext => ({
    update: (bytes) => time('hash', () => made.update(bytes)),
    clone: () => context(time('hash', () => made.clone())),
    digest: () => time('hash', () => made.digest()),
  });
  const aead = (made: Aead): Aead => ({
    tagLength: made.tagLength,
    seal: (...args) => time('seal', () => made.seal(...args)),
    open: (...args) => time('open', () => made.open(...args)),
    wipe: () => made.wipe(),
  });
  const cbc = (made: BlockCipherCbc): BlockCipherCbc => ({
    encrypt: (...args) => time('cbc', () => made.encrypt(...args)),
    decrypt: (...args) => time('cbc', () => made.decrypt(...args)),
    wipe: () => made.wipe(),
  });
  const ephemeral = (made: EphemeralKey): EphemeralKey => ({
    share: made.share,
    agree: (share) => time('agree', () => made.agree(share)),
    wipe: () => made.wipe(),
  });

  const crypto: CryptoProvider = {
    ...inner,
    hash: (name) => context(time('hash', () => inner.hash(name))),
    hmac: (hash, key, ...data) => time('hmac', () => inner.hmac(hash, key, ...data)),
    aead: (name, key) => aead(time('aead key', () => inner.aead(name, key))),
    cbc: (name, key) => cbc(time('cbc key', () => inner.cbc(name, key))),
    keyExchange(group) {
      const made = inner.keyExchange(group);
      return {
        generate: (random) => ephemeral(time('generate', () => made.generate(random))),
        respond: (share, random) => time('respond', () => made.respond(share, random)),
      };
    },
    verify: (...args) => time('verify', () => inner.verify(...args)),
    sign: (...args) => time('sign', () => inner.sign(...args)),
    rsaDecryptRaw: (...args) => time('rsa', () => inner.rsaDecryptRaw(...args)),
    rsaEncrypt: (...args) => time('rsa', () => inner.rsaEncrypt(...args)),
  };
  return {
    crypto,
    take() {
      const taken = total;
      total = 0;
      return taken;
    },
    takeByName() {
      const taken = names;
      names = new Map();
      return taken;
    },
  };
}
