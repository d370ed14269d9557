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
}

export function timed(inner: CryptoProvider): TimedProvider {
  let total = 0;
  /** Calls from within a call are on the outer one's account. */
  let inside = false;

  function time<T>(work: () => T): T {
    if (inside) return work();
    inside = true;
    const start = performance.now();
    try {
      return work();
    } finally {
      total += performance.now() - start;
      inside = false;
    }
  }

  const context = (made: HashContext): HashContext => ({
    update: (bytes) => time(() => made.update(bytes)),
    clone: () => context(time(() => made.clone())),
    digest: () => time(() => made.digest()),
  });
  const aead = (made: Aead): Aead => ({
    tagLength: made.tagLength,
    seal: (...args) => time(() => made.seal(...args)),
    open: (...args) => time(() => made.open(...args)),
    wipe: () => made.wipe(),
  });
  const cbc = (made: BlockCipherCbc): BlockCipherCbc => ({
    encrypt: (...args) => time(() => made.encrypt(...args)),
    decrypt: (...args) => time(() => made.decrypt(...args)),
    wipe: () => made.wipe(),
  });
  const ephemeral = (made: EphemeralKey): EphemeralKey => ({
    share: made.share,
    agree: (share) => time(() => made.agree(share)),
    wipe: () => made.wipe(),
  });

  const crypto: CryptoProvider = {
    ...inner,
    hash: (name) => context(time(() => inner.hash(name))),
    hmac: (hash, key, ...data) => time(() => inner.hmac(hash, key, ...data)),
    aead: (name, key) => aead(time(() => inner.aead(name, key))),
    cbc: (name, key) => cbc(time(() => inner.cbc(name, key))),
    keyExchange(group) {
      const made = inner.keyExchange(group);
      return {
        generate: (random) => ephemeral(time(() => made.generate(random))),
        respond: (share, random) => time(() => made.respond(share, random)),
      };
    },
    verify: (...args) => time(() => inner.verify(...args)),
    sign: (...args) => time(() => inner.sign(...args)),
    rsaDecryptRaw: (...args) => time(() => inner.rsaDecryptRaw(...args)),
    rsaEncrypt: (...args) => time(() => inner.rsaEncrypt(...args)),
  };
  return {
    crypto,
    take() {
      const taken = total;
      total = 0;
      return taken;
    },
  };
}
