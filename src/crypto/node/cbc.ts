/**
 * AES in CBC mode without padding on node:crypto, for the suites of TLS 1.2 that are used only when listed by name.
 *
 * @see NIST SP 800-38A §6.2 (CBC); RFC 5246 §6.2.3.2
 * @module
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { TlsUsageError } from '../../errors/errors.ts';
import { CBC_KEY_LENGTH, type CbcName } from '../../params/algorithms.ts';
import type { BlockCipherCbc } from '../provider.ts';

const BLOCK = 16;

/** Throws TlsUsageError for a key of the wrong length. */
export function cbcContext(name: CbcName, key: Uint8Array): BlockCipherCbc {
  const keyLength = CBC_KEY_LENGTH[name];
  if (key.length !== keyLength) throw new TlsUsageError(`${name} needs a key of ${keyLength} bytes, not ${key.length}`);
  let keyObject: KeyObject | null = createSecretKey(key);

  function run(encrypting: boolean, iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number): void {
    if (keyObject === null) throw new TlsUsageError('the CBC context was wiped');
    if (iv.length !== BLOCK) throw new TlsUsageError(`an IV has ${BLOCK} bytes, not ${iv.length}`);
    if (data.length % BLOCK !== 0) throw new TlsUsageError(`${data.length} bytes are not whole blocks`);
    if (!(offset >= 0 && offset + data.length <= out.length)) {
      throw new TlsUsageError(`${data.length} bytes at ${offset} do not fit into ${out.length}`);
    }
    const state = encrypting ? createCipheriv(name, keyObject, iv) : createDecipheriv(name, keyObject, iv);
    const result = state.setAutoPadding(false).update(data);
    out.set(result, offset);
    result.fill(0);
  }

  return {
    encrypt: (iv, data, out, offset) => run(true, iv, data, out, offset),
    decrypt: (iv, data, out, offset) => run(false, iv, data, out, offset),
    wipe() {
      keyObject = null;
    },
  };
}
