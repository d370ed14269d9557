/**
 * AES in CBC mode without padding on noble's AES, for providers that were asked for audited code or for speed.
 *
 * noble's AES looks tables up by secret bytes. Limit: where a cache can be watched that says something about the key; the default
 * provider's (crypto/aead/cbc.ts) has no tables.
 *
 * @see NIST SP 800-38A §6.2 (CBC); RFC 5246 §6.2.3.2
 * @module
 */
import { cbc } from '@noble/ciphers/aes.js';
import { TlsUsageError } from '../../errors/errors.ts';
import { CBC_KEY_LENGTH, type CbcName } from '../../params/algorithms.ts';
import { checkCbc, checkKey } from '../aead/checks.ts';
import type { BlockCipherCbc } from '../provider.ts';
import { wipe } from '../secret.ts';

/** Throws TlsUsageError for a key of the wrong length. The context keeps a copy of the key. */
export function cbcContext(name: CbcName, key: Uint8Array): BlockCipherCbc {
  checkKey(name, key, [CBC_KEY_LENGTH[name]]);
  // Not slice: that of a node Buffer shares its memory.
  const ownKey = Uint8Array.from(key);
  let wiped = false;

  function cipher(iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number) {
    // A wiped key is all zero: encrypting with it would publish the plaintext.
    if (wiped) throw new TlsUsageError('the CBC context was wiped');
    checkCbc(iv, data, out, offset);
    return cbc(ownKey, iv, { disablePadding: true });
  }

  return {
    encrypt(iv, data, out, offset) {
      out.set(cipher(iv, data, out, offset).encrypt(data), offset);
    },
    decrypt(iv, data, out, offset) {
      const context = cipher(iv, data, out, offset);
      if (data.length === 0) return;
      const plaintext = context.decrypt(data);
      out.set(plaintext, offset);
      wipe(plaintext);
    },
    wipe() {
      wipe(ownKey);
      wiped = true;
    },
  };
}
