/**
 * A provider that writes down every call with the lengths of its arguments, and nothing of what is in them.
 *
 * @module
 */
import type { Aead, BlockCipherCbc, CryptoProvider, HashContext, Random } from '../../../src/crypto/provider.ts';

export interface Recording {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  /** The calls so far, in order. */
  readonly calls: string[];
}

export function recording(inner: CryptoProvider, source: Random): Recording {
  const calls: string[] = [];
  const note = (name: string, ...args: readonly (Uint8Array | string | number)[]): void => {
    calls.push(`${name}(${args.map((arg) => (arg instanceof Uint8Array ? arg.length : arg)).join(',')})`);
  };
  const random: Random = (length) => {
    note('random', length);
    return source(length);
  };
  const hash = (context: HashContext): HashContext => ({
    update(bytes) {
      note('update', bytes);
      context.update(bytes);
    },
    clone() {
      note('clone');
      return hash(context.clone());
    },
    digest() {
      note('digest');
      return context.digest();
    },
  });
  const aead = (context: Aead): Aead => ({
    tagLength: context.tagLength,
    seal(nonce, aad, plaintext, tail, out, offset) {
      note('seal', nonce, aad, plaintext, tail, offset);
      context.seal(nonce, aad, plaintext, tail, out, offset);
    },
    open(nonce, aad, ciphertext, out, offset) {
      note('open', nonce, aad, ciphertext, offset);
      return context.open(nonce, aad, ciphertext, out, offset);
    },
    wipe() {
      note('wipe');
      context.wipe();
    },
  });
  const cbc = (context: BlockCipherCbc): BlockCipherCbc => ({
    encrypt(iv, data, out, offset) {
      note('encrypt', iv, data, offset);
      context.encrypt(iv, data, out, offset);
    },
    decrypt(iv, data, out, offset) {
      note('decrypt', iv, data, offset);
      context.decrypt(iv, data, out, offset);
    },
    wipe() {
      note('wipe');
      context.wipe();
    },
  });
  const crypto: CryptoProvider = {
    ...inner,
    hash(name) {
      note('hash', name);
      return hash(inner.hash(name));
    },
    hmac(name, key, ...data) {
      note('hmac', name, key, ...data);
      return inner.hmac(name, key, ...data);
    },
    aead(name, key) {
      note('aead', name, key);
      return aead(inner.aead(name, key));
    },
    cbc(name, key) {
      note('cbc', name, key);
      return cbc(inner.cbc(name, key));
    },
    keyExchange(group) {
      note('keyExchange', group);
      return inner.keyExchange(group);
    },
    verify(algorithm, key, content, signature) {
      note('verify', content, signature);
      return inner.verify(algorithm, key, content, signature);
    },
    sign(algorithm, key, content, own) {
      note('sign', content);
      return inner.sign(algorithm, key, content, own);
    },
    rsaDecryptRaw(key, ciphertext, own) {
      note('rsaDecryptRaw', ciphertext);
      return inner.rsaDecryptRaw(key, ciphertext, own);
    },
    rsaEncrypt(key, message, own) {
      note('rsaEncrypt', message);
      return inner.rsaEncrypt(key, message, own);
    },
  };
  return { crypto, random, calls };
}
