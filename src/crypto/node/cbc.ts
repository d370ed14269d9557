/**
 * AES in CBC mode without padding on node:crypto, for the suites of TLS 1.2 that are used only when listed by name.
 *
 * @see NIST SP 800-38A §6.2 (CBC); RFC 5246 §6.2.3.2
 * @module
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { TlsUsageError } from '../../errors/errors.ts';
import { CBC_KEY_LENGTH, type CbcName } from '../../params/algorithms.ts';
import { checkCbc, checkKey } from '../aead/checks.ts';
import type { BlockCipherCbc } from '../provider.ts';

/** Throws TlsUsageError for a key of the wrong length. */
export function cbcContext(name: CbcName, key: Uint8Array): BlockCipherCbc {
  checkKey(name, key, [CBC_KEY_LENGTH[name]]);
  let keyObject: KeyObject | null = createSecretKey(key);

  function run(encrypting: boolean, iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number): void {
    if (keyObject === null) throw new TlsUsageError('the CBC context was wiped');
    checkCbc(iv, data, out, offset);
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
