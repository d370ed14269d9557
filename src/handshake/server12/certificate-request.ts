/**
 * TLS 1.2 server: CertificateRequest.
 *
 * @see RFC 5246 §7.4.4 (Certificate Request); RFC 8422 §5.5
 * @module
 */
import { CLIENT_CERTIFICATE_TYPE } from '../../params/registries.ts';
import { encodeHandshake12 } from '../../wire/message12.ts';
import type { ServerConfig } from '../shared/config.ts';

/** §7.4.4: kinds of keys, schemes that this side accepts, and authorities; no authorities: any. */
export function encodeCertificateRequest({ signatureSchemes, clientAuthorities }: ServerConfig): Uint8Array {
  const { rsa_sign, ecdsa_sign } = CLIENT_CERTIFICATE_TYPE;
  const isRsa = (name: string): boolean => name.startsWith('rsa_');
  return encodeHandshake12({
    type: 'certificate_request12',
    certificateTypes: [
      // RFC 8422 §5.5: ecdsa_sign stands for EdDSA too.
      ...(signatureSchemes.some(({ name }) => !isRsa(name)) ? [ecdsa_sign] : []),
      ...(signatureSchemes.some(({ name }) => isRsa(name)) ? [rsa_sign] : []),
    ],
    signatureAlgorithms: signatureSchemes.map(({ code }) => code),
    authorities: clientAuthorities,
  });
}
