/**
 * CertificateRequest, Certificate, CertificateVerify and Finished that the other side refuses.
 *
 * @see RFC 9846 §4.4.2, §4.5.1, §4.5.2, §4.5.3
 * @module
 */
import { createCredential } from '../../src/certs/credential.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { certificateVerifyContent } from '../../src/handshake/shared/authenticate.ts';
import { startTranscript } from '../../src/keys/transcript.ts';
import * as encode from '../../src/wire/extensions.ts';
import type { Certificate13, CertificateVerify, Extension, Finished } from '../../src/wire/messages.ts';
import { forge, root } from '../certs/forge.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { credential, NOW, seededRandom } from '../connection/pair.ts';
import { makeRogue, type Role, type Scenario } from '../connection/rogue.ts';
import { clientCredential, EARLY, FULL, MUTUAL, RESUME, RETRY, scriptOf } from '../connection/script.ts';
import { appending, bodyOf, type Change, flight, having, opaque, type Refusal, refusal, without } from './refusal.ts';

const CONTEXT = ['ERR_TLS_BAD_REQUEST_CONTEXT', 'illegal_parameter'] as const;
const UNSOLICITED = ['ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension'] as const;
const MISPLACED = ['ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter'] as const;
const DUPLICATE = ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;
const TOO_MANY = ['ERR_TLS_TOO_MANY_CERTIFICATES', 'bad_certificate'] as const;
const UNOFFERED = ['ERR_TLS_UNOFFERED_SIGNATURE_SCHEME', 'illegal_parameter'] as const;
const MISMATCH = ['ERR_TLS_SCHEME_KEY_MISMATCH', 'illegal_parameter'] as const;
const BAD_VERIFY = ['ERR_TLS_BAD_CERTIFICATE_VERIFY', 'decrypt_error'] as const;
const BAD_FINISHED = ['ERR_TLS_BAD_FINISHED', 'decrypt_error'] as const;
const BAD_DER = ['ERR_CERT_DECODE', 'bad_certificate'] as const;
const UNSUPPORTED_KEY = ['ERR_CERT_UNSUPPORTED_KEY', 'unsupported_certificate'] as const;

const requests: readonly Refusal[] = [
  request('without signature_algorithms', ['ERR_TLS_MISSING_EXTENSION', 'missing_extension'], (message) =>
    without(message, 13),
  ),
  request('with a context', CONTEXT, (message) => ({ ...message, context: Uint8Array.of(0) })),
  request('without schemes', DECODE, (message) => having(message, opaque(13, 0, 0))),
  request('with half a scheme', DECODE, (message) => having(message, opaque(13, 0, 3, 4, 3, 8))),
  request('with no authority in the list', DECODE, (message) => appending(message, opaque(47, 0, 0))),
  request('with a body in status_request', TRAILING, (message) => appending(message, opaque(5, 1))),
  ...[10, 16, 41, 42, 43, 44, 45, 49, 51].map((type) =>
    request(`with extension ${type}`, MISPLACED, (message) => appending(message, opaque(type))),
  ),
  request('with signature_algorithms twice', DUPLICATE, (message) =>
    appending(message, { type: 13, body: bodyOf(message, 13) }),
  ),
  request('with an unknown extension twice', DUPLICATE, (message) =>
    appending(message, opaque(0x7777), opaque(0x7777)),
  ),
];

function request(
  title: string,
  expected: Parameters<typeof flight>[3],
  change: Parameters<typeof flight<'certificate_request'>>[5],
): Refusal {
  return flight('client', 'certificate_request', title, expected, MUTUAL, change);
}

// ---------------------------------------------------------------- both roles

/** An extension in the entry of one certificate. */
function inEntry(index: number, ...extensions: readonly Extension[]): Change<Certificate13> {
  return (message) => ({
    ...message,
    entries: Array.from({ length: index + 1 }, (_, i) => ({
      certificate: message.entries[0]?.certificate ?? new Uint8Array(1),
      extensions: i === index ? extensions : [],
    })),
  });
}

/** The same certificate so many times. */
const repeated =
  (count: number): Change<Certificate13> =>
  (message) => ({ ...message, entries: Array.from({ length: count }, () => message.entries.slice(0, 1)).flat() });

const ofLeaf =
  (certificate: Uint8Array): Change<Certificate13> =>
  (message) => ({ ...message, entries: [{ certificate, extensions: [] }] });

/** A certificate whose key is of a kind that nobody has heard of: the point of P-256 under another OID. */
function unknownKey(): Uint8Array {
  const { der } = forge({ issuer: root() });
  // 1.2.840.10045.2.1, id-ecPublicKey; the last arc becomes 9.
  const oid = Buffer.from('2a8648ce3d0201', 'hex');
  const at = Buffer.from(der).indexOf(oid);
  if (at < 0) throw new Error('the certificate has no EC key');
  const changed = der.slice();
  changed[at + oid.length - 1] = 9;
  return changed;
}

function both(by: Role): readonly Refusal[] {
  const certificate = (title: string, expected: Parameters<typeof flight>[3], change: Change<Certificate13>): Refusal =>
    flight(by, 'certificate', title, expected, MUTUAL, change);
  const verify = (title: string, expected: Parameters<typeof flight>[3], change: Change<CertificateVerify>): Refusal =>
    flight(by, 'certificate_verify', title, expected, MUTUAL, change);
  const finished = (title: string, expected: Parameters<typeof flight>[3], change: Change<Finished>): Refusal =>
    flight(by, 'finished', title, expected, MUTUAL, change);
  const offeringRsa: Scenario = { ...MUTUAL, [by]: { ...MUTUAL[by], signatureSchemes: ['rsa_pss_rsae_sha256'] } };
  const under = by === 'client' ? 'handshake' : 'application';

  return [
    certificate('with a context', CONTEXT, (message) => ({ ...message, context: Uint8Array.of(1) })),
    certificate('with 17 entries', TOO_MANY, repeated(17)),
    certificate(
      'that is no DER',
      ['ERR_CERT_DER_INDEFINITE', 'bad_certificate'],
      ofLeaf(Uint8Array.of(0x30, 0x80, 0, 0)),
    ),
    certificate('cut short', BAD_DER, (message) => ofLeaf(leafOf(message).subarray(0, -1))(message)),
    certificate('with a byte behind it', ['ERR_CERT_DER_TRAILING', 'bad_certificate'], (message) =>
      ofLeaf(Uint8Array.of(...leafOf(message), 0))(message),
    ),
    certificate('with an unknown kind of key', UNSUPPORTED_KEY, ofLeaf(unknownKey())),
    certificate('with an empty entry', DECODE, ofLeaf(new Uint8Array(0))),
    certificate('with an unknown extension', UNSOLICITED, inEntry(0, opaque(0x7777))),
    certificate('with an unknown extension in its second entry', UNSOLICITED, inEntry(1, opaque(0x7777))),
    certificate('with an OCSP response', UNSOLICITED, inEntry(0, encode.ocspResponseExtension(Uint8Array.of(1)))),
    certificate('with SCTs', UNSOLICITED, inEntry(1, encode.signedCertificateTimestampExtension([Uint8Array.of(1)]))),
    ...[0, 10, 13, 16, 43, 47, 51].map((type) =>
      certificate(`with extension ${type}`, MISPLACED, inEntry(0, opaque(type))),
    ),
    certificate('with an extension twice', DUPLICATE, inEntry(0, opaque(0x7777), opaque(0x7777))),

    refusal(by, 'certificate_verify with a scheme that was not listed', UNOFFERED, under, () => {
      const rogue = makeRogue(by, offeringRsa);
      rogue.play(scriptOf(MUTUAL)[rogue.role]);
      return rogue;
    }),
    ...[0x0401, 0x0501, 0x0601].map((scheme) =>
      verify(`with RSA PKCS#1 v1.5 (0x${scheme.toString(16)})`, UNOFFERED, (message) => ({ ...message, scheme })),
    ),
    ...[0x0201, 0x0203, 0x0202].map((scheme) =>
      verify(`with SHA-1 (0x${scheme.toString(16)})`, UNOFFERED, (message) => ({ ...message, scheme })),
    ),
    ...[0x0000, 0x0708, 0x1a1a, 0xffff].map((scheme) =>
      verify(`with scheme 0x${scheme.toString(16)}`, UNOFFERED, (message) => ({ ...message, scheme })),
    ),
    ...[0x0503, 0x0603, 0x0804, 0x0808, 0x0809, by === 'client' ? 0x0807 : 0x0403].map((scheme) =>
      verify(`with scheme 0x${scheme.toString(16)}, which its key cannot do`, MISMATCH, (message) => ({
        ...message,
        scheme,
      })),
    ),
    ...[0, 1, -1].map((at) =>
      verify(`with byte ${at} of its signature changed`, BAD_VERIFY, (message) => ({
        ...message,
        signature: flipped(message.signature, at),
      })),
    ),
    verify('with an empty signature', BAD_VERIFY, (message) => ({ ...message, signature: new Uint8Array(0) })),
    verify('with half a signature', BAD_VERIFY, (message) => ({
      ...message,
      signature: message.signature.subarray(0, message.signature.length >> 1),
    })),
    verify('signed in the other role', BAD_VERIFY, () => signedAs(by, by)),
    verify('signed over an older transcript', BAD_VERIFY, () => signedAs(by, by === 'client' ? 'server' : 'client', 1)),

    finished('with a bit changed', BAD_FINISHED, (message) => ({
      ...message,
      verifyData: flipped(message.verifyData, -1),
    })),
    finished('of zeros', BAD_FINISHED, (message) => ({ ...message, verifyData: new Uint8Array(32) })),
    finished('of the other side', BAD_FINISHED, () => ({ type: 'finished', verifyData: finishedOf(by) })),
    ...[0, 12, 31, 33, 48].map((length) =>
      finished(`of ${length} bytes`, DECODE, () => ({ type: 'finished', verifyData: new Uint8Array(length) })),
    ),
  ];
}

function leafOf({ entries }: Certificate13): Uint8Array {
  return entries[0]?.certificate ?? new Uint8Array(0);
}

/** The handshake messages of MUTUAL in the order of the transcript, up to the CertificateVerify of the peer of `by`. */
function transcriptFor(by: Role): readonly Uint8Array[] {
  const { client, server } = scriptOf(MUTUAL);
  const [clientHello, ...clientRest] = client.filter(({ type }) => type === 22).map(({ content }) => content);
  const serverAll = server.filter(({ type }) => type === 22).map(({ content }) => content);
  if (clientHello === undefined) throw new Error('there is no ClientHello');
  // ServerHello, EncryptedExtensions, CertificateRequest, Certificate; then CertificateVerify, Finished.
  const all = [clientHello, ...serverAll.slice(0, 4)];
  return by === 'client' ? all : [...all, ...serverAll.slice(4, 6), ...clientRest.slice(0, 1)];
}

/** A signature by the right key over what `signer` would sign, `missing` messages short. */
function signedAs(by: Role, signer: Role, missing = 0): CertificateVerify {
  const messages = transcriptFor(by);
  const hash = startTranscript(messages.slice(0, messages.length - missing))
    .bind(fastProvider, 'sha256')
    .hash();
  const { key } = by === 'client' ? credential() : clientCredential();
  if (key === null) throw new Error('there is no key');
  const algorithm = by === 'client' ? ({ kind: 'ecdsa', hash: 'sha256' } as const) : ({ kind: 'ed25519' } as const);
  const signature = fastProvider.sign(algorithm, key, certificateVerifyContent(signer, hash), seededRandom('forged'));
  return { type: 'certificate_verify', scheme: by === 'client' ? 0x0403 : 0x0807, signature };
}

/** The verify_data of the victim's own role. */
function finishedOf(by: Role): Uint8Array {
  const own = scriptOf(MUTUAL)[by].find(({ type, content }) => type === 22 && content[0] === 20);
  return own?.content.subarray(4) ?? new Uint8Array(0);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

// ---------------------------------------------------------------- one role

const EMPTY: Change<Certificate13> = (message) => ({ ...message, entries: [] });

const oneRole: readonly Refusal[] = [
  flight('client', 'certificate', 'that is empty', ['ERR_TLS_EMPTY_SERVER_CERTIFICATE', 'decode_error'], FULL, EMPTY),
  flight(
    'server',
    'certificate',
    'that is empty',
    ['ERR_TLS_CERTIFICATE_REQUIRED', 'certificate_required'],
    MUTUAL,
    EMPTY,
  ),
  flight(
    'server',
    'certificate',
    'that is empty, after a retry',
    ['ERR_TLS_CERTIFICATE_REQUIRED', 'certificate_required'],
    RETRY,
    EMPTY,
  ),
  ...(['client', 'server'] as const).flatMap((by) =>
    [RESUME, EARLY].map((scenario) =>
      flight(
        by,
        'finished',
        `wrong, ${scenario === EARLY ? 'with early data' : 'with a PSK'}`,
        BAD_FINISHED,
        scenario,
        (message) => ({ ...message, verifyData: flipped(message.verifyData, 0) }),
        by === 'server' ? 'application' : scenario === EARLY ? 'early' : 'handshake',
      ),
    ),
  ),
];

// ---------------------------------------------------------------- certificates that no path leads to

const DAY = 86_400_000;
const TRUSTED = root({ subject: 'CN=Judge', notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + 9 * DAY) });

/** The peer of `by` shows a certificate with these options; `by` judges it by its trust. */
function judged(
  by: Role,
  title: string,
  expected: Parameters<typeof flight>[3],
  options: Parameters<typeof forge>[0],
  trusted: Uint8Array | null = TRUSTED.der,
): Refusal {
  const leaf = forge({
    issuer: TRUSTED,
    names: [by === 'client' ? 'server.test' : 'client.test'],
    notBefore: new Date(NOW - DAY),
    notAfter: new Date(NOW + DAY),
    ...options,
  });
  const shown = createCredential({ certificates: [leaf.der], key: leaf.key });
  const peer: Role = by === 'client' ? 'server' : 'client';
  const scenario: Scenario = { ...MUTUAL, [peer]: { ...MUTUAL[peer], credentials: [shown] } };
  const judge: Scenario = {
    ...scenario,
    [by]: { ...scenario[by], decide: {}, trust: createTrustStore(trusted === null ? [] : [trusted]) },
  };
  const under = by === 'client' ? 'handshake' : 'application';
  return refusal(by, `a certificate ${title}`, expected, under, () => {
    const rogue = makeRogue(by, judge);
    rogue.play(scriptOf(scenario)[peer]);
    return rogue;
  });
}

const judgements: readonly Refusal[] = (['client', 'server'] as const).flatMap((by) => [
  judged(by, 'of an unknown authority', ['ERR_CERT_UNKNOWN_ISSUER', 'unknown_ca'], {}, null),
  judged(by, 'that has expired', ['ERR_CERT_EXPIRED', 'certificate_expired'], { notAfter: new Date(NOW - 1000) }),
  judged(by, 'that is not valid yet', ['ERR_CERT_NOT_YET_VALID', 'certificate_expired'], {
    notBefore: new Date(NOW + 1000),
  }),
  judged(by, 'for another purpose', ['ERR_CERT_EXTENDED_KEY_USAGE', 'unsupported_certificate'], {
    purposes: [by === 'client' ? 'clientAuth' : 'serverAuth'],
  }),
  judged(
    by,
    'with a critical extension that nobody knows',
    ['ERR_CERT_UNKNOWN_CRITICAL_EXTENSION', 'unsupported_certificate'],
    {
      extraExtensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }],
    },
  ),
]);

const named: readonly Refusal[] = [
  judged('client', 'for another name', ['ERR_CERT_NAME_MISMATCH', 'bad_certificate'], { names: ['other.test'] }),
];

export const authenticationCases: readonly Refusal[] = [
  ...requests,
  ...both('client'),
  ...both('server'),
  ...oneRole,
  ...judgements,
  ...named,
];
