/**
 * Records of TLS 1.2 by the letter of the RFCs and by node:crypto, to hold the library's against.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { type CipherCCMTypes, createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { RecordKeys12 } from '../../src/keys/schedule12.ts';
import {
  AEAD_PARAMETERS,
  type AeadName,
  byName,
  CBC_KEY_LENGTH,
  CIPHER_SUITES_12,
  type CipherSuite12,
  HASH_LENGTH,
} from '../../src/params/algorithms.ts';
import { concat, plain, seeded } from './records.ts';

export function suite12(name: CipherSuite12['name']): CipherSuite12 {
  return byName(CIPHER_SUITES_12, name) ?? assert.fail(name);
}

/** Keys that a suite takes, from a seed. */
export function keysFor({ protection }: CipherSuite12, seed: number): RecordKeys12 {
  const random = seeded(seed);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));
  if (protection.kind === 'cbc') {
    return { macKey: bytes(HASH_LENGTH[protection.mac]), key: bytes(CBC_KEY_LENGTH[protection.cipher]), iv: bytes(0) };
  }
  const { keyLength } = AEAD_PARAMETERS[protection.aead];
  return { macKey: bytes(0), key: bytes(keyLength), iv: bytes(protection.aead === 'chacha20-poly1305' ? 12 : 4) };
}

/** One record to be made or taken apart. */
export interface RecordInput {
  readonly suite: CipherSuite12;
  readonly keys: RecordKeys12;
  readonly sequence: number;
  readonly type: number;
  readonly version?: number;
}

/** RFC 5246 §6.2.3.3. */
function pseudoHeader({ sequence, type, version = 0x0303 }: RecordInput, length: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeBigUInt64BE(BigInt(sequence));
  header.writeUInt8(type, 8);
  header.writeUInt16BE(version, 9);
  header.writeUInt16BE(length, 11);
  return header;
}

/** A whole record of an AEAD suite. `explicit`: nonce_explicit, of its own free will. */
export function aeadRecord(input: RecordInput, content: Uint8Array, explicit?: Uint8Array): Uint8Array {
  const { protection } = input.suite;
  assert.ok(protection.kind === 'aead');
  const { nonce, sent } = nonceOf(protection.aead, input, explicit);
  const cipher = aead(
    protection.aead,
    'seal',
    input.keys.key,
    nonce,
    pseudoHeader(input, content.length),
    content.length,
  );
  // OpenSSL takes a null pointer for the announcement of a length, and an empty array may be one.
  const backed = Buffer.concat([content, Buffer.alloc(1)]).subarray(0, content.length);
  const sealed = concat(cipher.update(backed), cipher.final());
  return plain(input.type, concat(sent, sealed, cipher.getAuthTag()), input.version);
}

/** The content of a fragment of an AEAD suite; throws where it is not authentic. */
export function openAead(input: RecordInput, fragment: Uint8Array): Uint8Array {
  const { protection } = input.suite;
  assert.ok(protection.kind === 'aead');
  const explicitLength = protection.aead === 'chacha20-poly1305' ? 0 : 8;
  const { tagLength } = AEAD_PARAMETERS[protection.aead];
  const { nonce } = nonceOf(protection.aead, input, fragment.subarray(0, explicitLength));
  const length = fragment.length - explicitLength - tagLength;
  const decipher = aead(
    protection.aead,
    'open',
    input.keys.key,
    nonce,
    pseudoHeader(input, length),
    length,
    fragment.subarray(-tagLength),
  );
  const content = decipher.update(fragment.subarray(explicitLength, explicitLength + length));
  return concat(content, decipher.final());
}

/** RFC 5288 §3, RFC 6655 §3, RFC 7905 §2. */
function nonceOf(
  name: AeadName,
  { keys, sequence }: RecordInput,
  explicit?: Uint8Array,
): { nonce: Buffer; sent: Uint8Array } {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(sequence));
  if (name !== 'chacha20-poly1305') {
    const sent = explicit ?? counter;
    return { nonce: Buffer.concat([keys.iv, sent]), sent };
  }
  const padded = Buffer.concat([Buffer.alloc(4), counter]);
  return { nonce: padded.map((byte, i) => byte ^ (keys.iv[i] ?? 0)) as Buffer, sent: new Uint8Array(0) };
}

interface AeadCipher {
  update(data: Uint8Array): Buffer;
  final(): Buffer;
  getAuthTag(): Buffer;
}

function aead(
  name: AeadName,
  direction: 'seal' | 'open',
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintextLength: number,
  tag?: Uint8Array,
): AeadCipher {
  const algorithm = name.replace(/-8$/, '') as CipherCCMTypes;
  const options = { authTagLength: AEAD_PARAMETERS[name].tagLength };
  // The types know one AEAD at a time; at run time they are alike.
  if (direction === 'seal') {
    const cipher = createCipheriv(algorithm, key, nonce, options);
    cipher.setAAD(aad, { plaintextLength });
    return cipher;
  }
  const decipher = createDecipheriv(algorithm, key, nonce, options) as ReturnType<typeof createDecipheriv> & {
    setAuthTag(tag: Uint8Array): unknown;
    setAAD(aad: Uint8Array, options: { plaintextLength: number }): unknown;
  };
  decipher.setAuthTag(tag ?? assert.fail());
  decipher.setAAD(aad, { plaintextLength });
  return Object.assign(decipher, { getAuthTag: () => assert.fail() });
}

/** How a CBC record is put together; whatever is left out is right. */
export interface CbcShape {
  readonly encryptThenMac?: boolean;
  /** padding_length, of what makes whole blocks; default: the least. */
  readonly padding?: number;
  /** Changes the plaintext (content, MAC, padding, padding_length) before it is encrypted. */
  readonly damage?: (plaintext: Uint8Array) => void;
  readonly iv?: Uint8Array;
}

/** A whole record of a CBC suite, RFC 5246 §6.2.3.2 or RFC 7366 §3. */
export function cbcRecord(input: RecordInput, content: Uint8Array, shape: CbcShape = {}): Uint8Array {
  const { protection } = input.suite;
  assert.ok(protection.kind === 'cbc');
  const { encryptThenMac = false, iv = new Uint8Array(16).fill(0x17) } = shape;
  const mac = (header: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array =>
    createHmac(protection.mac, input.keys.macKey)
      .update(concat(header, ...data))
      .digest();
  const inside = encryptThenMac ? content : concat(content, mac(pseudoHeader(input, content.length), content));
  const padding = shape.padding ?? 15 - (inside.length % 16);
  assert.equal((inside.length + padding + 1) % 16, 0, 'padding that does not make whole blocks');
  const plaintext = concat(inside, new Uint8Array(padding + 1).fill(padding));
  shape.damage?.(plaintext);
  const cipher = createCipheriv(protection.cipher, input.keys.key, iv).setAutoPadding(false);
  const sealed = concat(iv, cipher.update(plaintext), cipher.final());
  return plain(
    input.type,
    encryptThenMac ? concat(sealed, mac(pseudoHeader(input, sealed.length), sealed)) : sealed,
    input.version,
  );
}

/** What is inside of a CBC fragment: content, MAC (MAC-then-encrypt), padding. The MAC of encrypt-then-MAC is checked. */
export function decryptCbc(input: RecordInput, fragment: Uint8Array, encryptThenMac: boolean): Uint8Array {
  const { protection } = input.suite;
  assert.ok(protection.kind === 'cbc');
  const end = encryptThenMac ? fragment.length - HASH_LENGTH[protection.mac] : fragment.length;
  if (encryptThenMac) {
    const sealed = fragment.subarray(0, end);
    const expected = createHmac(protection.mac, input.keys.macKey)
      .update(concat(pseudoHeader(input, end), sealed))
      .digest();
    assert.deepEqual(Uint8Array.from(fragment.subarray(end)), Uint8Array.from(expected));
  }
  const decipher = createDecipheriv(protection.cipher, input.keys.key, fragment.subarray(0, 16)).setAutoPadding(false);
  return concat(decipher.update(fragment.subarray(16, end)), decipher.final());
}
