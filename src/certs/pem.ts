/**
 * PEM: DER in text, between BEGIN and END lines.
 *
 * Text around the blocks is skipped, since certificate files carry explanations. Inside a block nothing is forgiven but white
 * space and the headers of old encrypted keys, whose block is kept so that the key reader can say what it is.
 *
 * @see RFC 7468 §2, §3
 * @module
 */
import { TlsConfigError } from '../errors/errors.ts';

export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

/** Every block of a text, in order. Throws TlsConfigError ERR_CONFIG_PEM for a malformed block or a text without any. */
export function decodePem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let label: string | null = null;
  let body = '';
  for (const line of text.split(/\r\n|\n|\r/)) {
    const boundary = BOUNDARY.exec(line);
    if (boundary === null) {
      body += line;
      continue;
    }
    const [, kind, name = ''] = boundary;
    if (kind === 'BEGIN') {
      if (label !== null) throw new TlsConfigError('ERR_CONFIG_PEM', `BEGIN ${name} inside ${label}`);
      label = name;
      body = '';
      continue;
    }
    // §2: the labels of both lines are the same.
    if (label !== name) throw new TlsConfigError('ERR_CONFIG_PEM', `END ${name} does not close a block of that name`);
    blocks.push(Object.freeze({ label, der: decodeBody(label, body) }));
    label = null;
  }
  if (label !== null) throw new TlsConfigError('ERR_CONFIG_PEM', `${label} has no END line`);
  if (blocks.length === 0) throw new TlsConfigError('ERR_CONFIG_PEM', 'the text has no PEM block');
  return blocks;
}

/** One block, lines of 64 characters, with a newline at the end. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

const BOUNDARY = /^[ \t]*-----(BEGIN|END) ([\x21-\x2c\x2e-\x7e](?:[- ]?[\x21-\x2c\x2e-\x7e])*)-----[ \t]*$/;

function decodeBody(label: string, body: string): Uint8Array {
  if (/proc-type:|dek-info:/i.test(body)) throw new TlsConfigError('ERR_CONFIG_PEM', `${label} is encrypted`);
  const digits = body.replace(/[ \t\v\f]+/g, '');
  return decodeBase64(digits) ?? refuseBody(label);
}

function refuseBody(label: string): never {
  throw new TlsConfigError('ERR_CONFIG_PEM', `${label} is not base64 in its only form`);
}

/** Null for what is empty, has other characters, or could be written in another way (RFC 4648 §3.5, §4). */
export function decodeBase64(digits: string): Uint8Array | null {
  if (digits === '' || digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(digits)) return null;
  // §3.5: the bits that do not count are zero.
  if (!/(?:[^=]|[AEIMQUYcgkosw048]=|[AQgw]==)$/.test(digits)) return null;
  const binary = atob(digits);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
