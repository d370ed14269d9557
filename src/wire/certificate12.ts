/**
 * Certificate, CertificateStatus and CertificateRequest of TLS 1.2, without their headers.
 *
 * Certificates stay DER; that the server's list is not empty, and how long a list may be, is checked by the handshake.
 *
 * @see RFC 5246 §7.4.2 (Server Certificate), §7.4.4 (Certificate Request), §7.4.6 (Client Certificate); RFC 6066 §8
 * @module
 */
import { CERTIFICATE_STATUS_TYPE } from '../params/registries.ts';
import { decodeCertificateStatus } from './extension-bodies.ts';
import type { Certificate12, CertificateRequest12, CertificateStatus } from './messages12.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export function decodeCertificate12(reader: Reader): Certificate12 {
  return { type: 'certificate12', certificates: reader.list24((list) => list.vector24({ min: 1 })) };
}

export function encodeCertificate12(writer: Writer, message: Certificate12): void {
  writer.block(3, () => {
    for (const certificate of message.certificates) writer.vector24(certificate);
  });
}

/** The same structure as in a CertificateEntry of TLS 1.3. */
export function decodeCertificateStatus12(reader: Reader): CertificateStatus {
  return { type: 'certificate_status', response: decodeCertificateStatus(reader.rest()) };
}

export function encodeCertificateStatus12(writer: Writer, message: CertificateStatus): void {
  writer.u8(CERTIFICATE_STATUS_TYPE.ocsp).vector24(message.response);
}

export function decodeCertificateRequest12(reader: Reader): CertificateRequest12 {
  return {
    type: 'certificate_request12',
    certificateTypes: reader.list8((list) => list.u8(), { min: 1 }),
    // RFC 5246 §A.4.2: one pair or more, each two bytes.
    signatureAlgorithms: reader.list16((list) => list.u16(), { min: 2, max: 0xfffe }),
    authorities: reader.list16((list) => list.vector16({ min: 1 })),
  };
}

export function encodeCertificateRequest12(writer: Writer, message: CertificateRequest12): void {
  writer.vector8(Uint8Array.from(message.certificateTypes));
  writer.block(2, () => {
    for (const scheme of message.signatureAlgorithms) writer.u16(scheme);
  });
  writer.block(2, () => {
    for (const name of message.authorities) writer.vector16(name);
  });
}
