/**
 * CertificateRequest, Certificate and CertificateVerify of TLS 1.3, without their headers.
 *
 * Certificates stay DER; that the server's list is not empty, and how long a list may be, is checked by the handshake.
 *
 * @see RFC 9846 §4.4.2 (CertificateRequest), §4.5.1 (Certificate), §4.5.2 (CertificateVerify)
 * @module
 */
import { decodeExtensionBlock, encodeExtensionBlock } from './extension-block.ts';
import type { Certificate13, CertificateEntry, CertificateRequest13, CertificateVerify } from './messages.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export function decodeCertificateRequest13(reader: Reader): CertificateRequest13 {
  return { type: 'certificate_request', context: reader.vector8(), extensions: decodeExtensionBlock(reader) };
}

export function encodeCertificateRequest13(writer: Writer, message: CertificateRequest13): void {
  writer.vector8(message.context);
  encodeExtensionBlock(writer, message.extensions);
}

export function decodeCertificate13(reader: Reader): Certificate13 {
  return { type: 'certificate', context: reader.vector8(), entries: reader.list24(decodeEntry) };
}

export function encodeCertificate13(writer: Writer, message: Certificate13): void {
  writer.vector8(message.context).block(3, () => {
    for (const entry of message.entries) {
      writer.vector24(entry.certificate);
      encodeExtensionBlock(writer, entry.extensions);
    }
  });
}

export function decodeCertificateVerify(reader: Reader): CertificateVerify {
  return { type: 'certificate_verify', scheme: reader.u16(), signature: reader.vector16() };
}

export function encodeCertificateVerify(writer: Writer, message: CertificateVerify): void {
  writer.u16(message.scheme).vector16(message.signature);
}

function decodeEntry(reader: Reader): CertificateEntry {
  return { certificate: reader.vector24({ min: 1 }), extensions: decodeExtensionBlock(reader) };
}
