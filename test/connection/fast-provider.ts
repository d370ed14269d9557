/**
 * A provider for tests that run one handshake thousands of times: hashes and AEADs from node:crypto, curves and signatures from
 * noble with a memory. With ISOTLS_PROVIDER all of it is the provider named there, with the same memory.
 *
 * Nothing is faked: what the memory gives was computed once from exactly the same inputs, random bytes included.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, type Hash } from 'node:crypto';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { Aead, CryptoProvider, HashContext, KeyExchange, Random } from '../../src/crypto/provider.ts';
import { type AeadName, type GroupName, NAMED_GROUPS } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';

const TAG_LENGTH = 16;

const named = process.env['ISOTLS_PROVIDER'] !== undefined;
const base: CryptoProvider = named ? provider : nobleProvider;

/** The mixture: no AEAD is bound to a key for longer than a connection, and OpenSSL's need no tables. */
const mixture: CryptoProvider = {
  ...nobleProvider,
  name: 'fast',
  hash: (name) => hashContext(createHash(name)),
  hmac(hash, key, ...data) {
    const hmac = createHmac(hash, key);
    for (const part of data) hmac.update(part);
    return new Uint8Array(hmac.digest());
  },
  // CCM is not worth another interface.
  aead: (name, key) => (name.includes('-ccm') ? nobleProvider.aead(name, key) : aeadContext(name, key)),
};

export const fastProvider: CryptoProvider = {
  ...(named ? base : mixture),
  keyExchange: (group) => EXCHANGES[group],
  verify: (algorithm, key, content, signature) =>
    remember(['verify', JSON.stringify(algorithm), idOf(key), content, signature], () =>
      base.verify(algorithm, key, content, signature),
    ),
  sign: (algorithm, key, content, random) =>
    drawing(random, (id, source) =>
      remember(['sign', JSON.stringify(algorithm), idOf(key), content, id], () =>
        base.sign(algorithm, key, content, source),
      ),
    ).slice(),
  rsaDecryptRaw: (key, ciphertext, random) =>
    drawing(random, (id, source) =>
      remember(['decrypt', idOf(key), ciphertext, id], () => base.rsaDecryptRaw(key, ciphertext, source)),
    ).slice(),
  rsaEncrypt: (key, message, random) =>
    drawing(random, (id, source) =>
      remember(['encrypt', idOf(key), message, id], () => base.rsaEncrypt(key, message, source)),
    ).slice(),
};

const EXCHANGES = Object.fromEntries(NAMED_GROUPS.map(({ name }) => [name, exchangeOf(name)])) as Readonly<
  Record<GroupName, KeyExchange>
>;

function exchangeOf(group: GroupName): KeyExchange {
  const real = base.keyExchange(group);
  return {
    generate(random) {
      return drawing(random, (id, source) => {
        const key = remember([group, 'generate', id], () => real.generate(source));
        return {
          share: key.share.slice(),
          agree: (share) => remember([group, 'agree', id, share], () => key.agree(share)).slice(),
          // The key is shared with the next connection that draws the same bytes.
          wipe: () => {},
        };
      });
    },
    respond(share, random) {
      return drawing(random, (id, source) => {
        const made = remember([group, 'respond', id, share], () => real.respond(share, source));
        return { share: made.share.slice(), secret: made.secret.slice() };
      });
    },
  };
}

const outcomes = new Map<string, { readonly value: unknown } | { readonly error: unknown }>();

/** The value for these inputs, or what was thrown for them. */
function remember<T>(inputs: readonly (string | Uint8Array)[], compute: () => T): T {
  const id = inputs.map((input) => (typeof input === 'string' ? input : text(input))).join(' ');
  let outcome = outcomes.get(id);
  if (outcome === undefined) {
    try {
      outcome = { value: compute() };
    } catch (error) {
      outcome = { error };
    }
    outcomes.set(id, outcome);
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value as T;
}

/**
 * All random bytes of a computation come from one seed that is drawn first: it names the computation, and the same number of
 * bytes is drawn whether it is remembered or not.
 */
function drawing<T>(random: Random, compute: (id: Uint8Array, source: Random) => T): T {
  const seed = random(32);
  let counter = 0;
  return compute(seed, (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256').update(seed).update(Uint8Array.of(counter++)).digest();
      out.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return out;
  });
}

const ids = new WeakMap<object, string>();

function idOf(key: object): string {
  let id = ids.get(key);
  if (id === undefined) {
    id = JSON.stringify(key, (_, value: unknown) => (value instanceof Uint8Array ? text(value) : value));
    ids.set(key, id);
  }
  return id;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function hashContext(hash: Hash): HashContext {
  return {
    update: (bytes) => void hash.update(bytes),
    clone: () => hashContext(hash.copy()),
    digest: () => new Uint8Array(hash.digest()),
  };
}

function aeadContext(name: AeadName, key: Uint8Array): Aead {
  const own = Uint8Array.from(key);
  const options = { authTagLength: TAG_LENGTH };
  return {
    tagLength: TAG_LENGTH,
    seal(nonce, aad, plaintext, tail, out, offset) {
      const cipher = createCipheriv(name as 'aes-128-gcm', own, nonce, options);
      cipher.setAAD(aad);
      const body = Buffer.concat([cipher.update(plaintext), cipher.update(tail), cipher.final()]);
      out.set(body, offset);
      out.set(cipher.getAuthTag(), offset + body.length);
    },
    open(nonce, aad, ciphertext, out, offset) {
      const end = ciphertext.length - TAG_LENGTH;
      if (end < 0) return false;
      const decipher = createDecipheriv(name as 'aes-128-gcm', own, nonce, options);
      decipher.setAAD(aad);
      decipher.setAuthTag(ciphertext.subarray(end));
      const body = decipher.update(ciphertext.subarray(0, end));
      try {
        decipher.final();
      } catch {
        return false;
      }
      out.set(body, offset);
      return true;
    },
    wipe: () => own.fill(0),
  };
}
