/**
 * OCSP responses: who may sign them, what they are about, when they are current, and strict decoding.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDer } from '../../src/certs/der.ts';
import {
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { encodeOcspError, type OcspInput } from '../../src/certs/issue-status.ts';
import { decodeOcspResponse } from '../../src/certs/ocsp-response.ts';
import type { RevocationPolicy } from '../../src/certs/revocation.ts';
import { generateRsaKey } from '../../src/certs/rsa-key.ts';
import {
  codeOf,
  DAY,
  type Entity,
  type ForgeOptions,
  forge,
  intermediate,
  NOW,
  random,
  root,
  server,
} from './forge.ts';
import { contextAt, crlOf, edited, ocspOf, refusalOf, TOMORROW, withResponse, YESTERDAY } from './status.ts';

const top = root();
const leaf = server(top);
const path = [leaf, top];
const { certificate } = leaf;

const responderOf = (issuer: Entity, options: ForgeOptions = {}) =>
  forge({ subject: 'CN=Responder', issuer, purposes: ['ocspSigning'], ocspNoCheck: true, ...options });

/** The code of a response about the leaf. */
function code(options: Partial<OcspInput> = {}, more: Partial<RevocationPolicy> = {}): string | null {
  return withResponse(path, ocspOf(top, certificate, options), more);
}

test('good, revoked, unknown; by name and by key; with every hash', () => {
  for (const responderId of ['name', 'key'] as const) {
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      const says = (status: 'good' | 'revoked' | 'unknown') =>
        code({ responderId, responses: [{ certificate, status, hash }] });
      assert.equal(says('good'), null, hash);
      assert.equal(says('revoked'), 'ERR_CERT_REVOKED', hash);
      assert.equal(says('unknown'), 'ERR_CERT_OCSP_UNKNOWN', hash);
    }
  }
  const date = new Date('2026-05-01T00:00:00Z');
  const proof = ocspOf(top, certificate, {
    responses: [{ certificate, status: 'revoked', reason: 'keyCompromise', date }],
  });
  const error = refusalOf(path, { mode: 'soft', ocspResponse: proof });
  assert.equal(error?.code, 'ERR_CERT_REVOKED');
  assert.equal(error.alert, 'certificate_revoked');
  assert.match(error.detail ?? '', /keyCompromise, since 2026-05-01/);
});

test('about this certificate among others, by serial number, name and key of the issuer', () => {
  const other = server(top);
  const namesake = root();
  assert.equal(
    code({ responses: [{ certificate: other.certificate, status: 'good' }] }),
    'ERR_CERT_OCSP_OTHER_CERTIFICATE',
  );
  assert.equal(code({ responses: [] }), 'ERR_CERT_OCSP_OTHER_CERTIFICATE');
  const both = [
    { certificate: other.certificate, status: 'revoked' },
    { certificate, status: 'good' },
  ] as const;
  assert.equal(code({ responses: both }), null);
  // The hash of the issuer's key is of another one with this name.
  assert.equal(withResponse(path, ocspOf(namesake, certificate)), 'ERR_CERT_OCSP_OTHER_CERTIFICATE');
  // And the hash of its name.
  const renamed = server(root({ key: top.key, subject: 'CN=Renamed' }), { serial: certificate.serial });
  assert.equal(withResponse(path, ocspOf(top, renamed.certificate)), 'ERR_CERT_OCSP_OTHER_CERTIFICATE');
  // One of several that says revoked is enough; one that is current is, too.
  const good = { certificate, status: 'good' } as const;
  assert.equal(code({ responses: [good, { certificate, status: 'revoked' }] }), 'ERR_CERT_REVOKED');
  assert.equal(code({ responses: [{ ...good, nextUpdate: YESTERDAY }, good] }), null);
});

test('a delegated responder: issued by the issuer, for OCSP, valid at the time', () => {
  const by = (responder: Entity, options: Partial<OcspInput> = {}) => code({ responder, ...options });
  for (const responderId of ['name', 'key'] as const) assert.equal(by(responderOf(top), { responderId }), null);
  const refused: readonly (readonly [string, Entity])[] = [
    ['of another authority', responderOf(root({ subject: 'CN=Other' }))],
    ['of a namesake', responderOf(root())],
    ['of the same key by another name', responderOf(root({ key: top.key, subject: 'CN=Renamed' }))],
    ['with a key of 1024 bits', responderOf(top, { key: generateRsaKey(1024, false, random) })],
    ['for nothing', forge({ subject: 'CN=Responder', issuer: top })],
    ['for servers', responderOf(top, { purposes: ['serverAuth'] })],
    ['for any purpose', responderOf(top, { purposes: ['any'] })],
    ['not for signatures', responderOf(top, { keyUsage: ['keyAgreement'] })],
    ['expired', responderOf(top, { notAfter: new Date(NOW.getTime() - 1000) })],
    ['not valid yet', responderOf(top, { notBefore: new Date(NOW.getTime() + 1000) })],
    [
      'with something critical',
      responderOf(top, { extraExtensions: [{ oid: '1.2.3.4', critical: true, value: encodeNull() }] }),
    ],
    ['issued indirectly', responderOf(intermediate(top))],
  ];
  for (const [what, responder] of refused) assert.equal(by(responder), 'ERR_CERT_OCSP_RESPONDER', what);
  assert.equal(by(responderOf(top, { notAfter: NOW })), null, 'valid to the second');
  assert.equal(by(responderOf(top, { notBefore: NOW })), null, 'and from the second');
  assert.equal(by(responderOf(top, { keyUsage: null })), null);
  assert.equal(by(responderOf(top, { purposes: ['serverAuth', 'ocspSigning'] })), null);

  // Its certificate is missing, damaged, or behind others.
  const responder = responderOf(top);
  const { der } = responder;
  assert.equal(by(responder, { certificates: [] }), 'ERR_CERT_OCSP_RESPONDER');
  assert.equal(by(responder, { certificates: [encodeSequence()] }), 'ERR_CERT_OCSP_RESPONDER');
  assert.equal(by(responder, { certificates: [encodeSequence(), leaf.der, der] }), null);
  assert.equal(
    by(responder, { certificates: [leaf.der, leaf.der, leaf.der, leaf.der, der] }),
    'ERR_CERT_OCSP_RESPONDER',
  );
  // Somebody else in its place.
  assert.equal(by(leaf, { certificates: [leaf.der] }), 'ERR_CERT_OCSP_RESPONDER');
  // With the name of the authority itself.
  assert.equal(by(responderOf(top, { subject: 'CN=Root' }), { responderId: 'name' }), null);
});

test('the certificate of a responder can be revoked, unless it says nocheck', () => {
  for (const ocspNoCheck of [true, false]) {
    const responder = responderOf(top, { ocspNoCheck });
    const revoked = [{ serial: responder.certificate.serial, date: YESTERDAY }];
    const ocspResponse = ocspOf(top, certificate, { responder });
    const with_ = (crl: Uint8Array) =>
      refusalOf(path, { mode: 'hard', ocspResponse, requireStaple: true, crls: [crl] })?.code ?? null;
    assert.equal(with_(crlOf(top)), null);
    assert.equal(with_(crlOf(top, { revoked })), ocspNoCheck ? null : 'ERR_CERT_OCSP_RESPONDER');
  }
});

test('a damaged signature, and a signer that is not the one named', () => {
  const damaged = ocspOf(top, certificate);
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
  assert.equal(withResponse(path, damaged), 'ERR_CERT_OCSP_SIGNATURE');
  const impostor = { certificate: top.certificate, der: top.der, key: root().key };
  assert.equal(code({ responder: impostor }), 'ERR_CERT_OCSP_SIGNATURE');
  const posing = { ...responderOf(top), key: root().key };
  assert.equal(code({ responder: posing }), 'ERR_CERT_OCSP_SIGNATURE');
});

test('keys and signatures of kinds that are not supported', () => {
  const keyless = { ...top, certificate: { ...top.certificate, publicKey: null } };
  const byDelegate = ocspOf(top, certificate, { responder: responderOf(top) });
  assert.equal(withResponse([leaf, keyless], ocspOf(top, certificate)), 'ERR_CERT_OCSP_SIGNATURE');
  assert.equal(withResponse([leaf, keyless], byDelegate), 'ERR_CERT_OCSP_RESPONDER');
  const responder = responderOf(top);
  const oid = encodeSequence(encodeOid('1.2.3'));
  const odd = edited(responder.der, ([tbs, , signature]) => [
    edited(tbs?.raw ?? oid, (fields) => fields.map(({ raw }, i) => (i === 2 ? oid : raw))),
    oid,
    signature?.raw ?? oid,
  ]);
  assert.equal(code({ responder, certificates: [odd] }), 'ERR_CERT_OCSP_RESPONDER');
});

test('signatures of every kind of key', () => {
  for (const kind of ['p384', 'p521', 'ed25519', 'ed448', 'rsa2048', 'rsa-pss2048'] as const) {
    assert.equal(code({ responder: responderOf(top, { kind }) }), null, kind);
  }
});

test('freshness, to the second, with the tolerance that the policy sets', () => {
  const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
  const times = (thisUpdate: Date, nextUpdate: Date | null, more: Partial<RevocationPolicy> = {}) =>
    code({ thisUpdate, nextUpdate }, more);
  assert.equal(times(at(300), at(1000)), null);
  assert.equal(times(at(301), at(1000)), 'ERR_CERT_OCSP_EXPIRED');
  assert.equal(times(at(-1000), at(-300)), null);
  assert.equal(times(at(-1000), at(-301)), 'ERR_CERT_OCSP_EXPIRED');
  assert.equal(times(at(-1000), at(-1), { clockSkew: 0 }), 'ERR_CERT_OCSP_EXPIRED');
  // Without nextUpdate: a day, or what is set.
  assert.equal(times(at(-86_400), null, { clockSkew: 0 }), null);
  assert.equal(times(at(-86_401), null, { clockSkew: 0 }), 'ERR_CERT_OCSP_EXPIRED');
  assert.equal(times(at(-90_000), null, { maxAge: 90_000, clockSkew: 0 }), null);
  assert.equal(times(at(-61), at(1000), { maxAge: 60, clockSkew: 0 }), 'ERR_CERT_OCSP_EXPIRED');
});

test('a revocation outlives its response, a hold does not', () => {
  const old = { thisUpdate: new Date(NOW.getTime() - 9 * DAY), nextUpdate: new Date(NOW.getTime() - 2 * DAY) };
  const says = (reason: 'keyCompromise' | 'certificateHold') =>
    code({ ...old, responses: [{ certificate, status: 'revoked', reason }] });
  assert.equal(says('keyCompromise'), 'ERR_CERT_REVOKED');
  assert.equal(says('certificateHold'), 'ERR_CERT_OCSP_EXPIRED');
  assert.equal(
    code({ thisUpdate: TOMORROW, responses: [{ certificate, status: 'revoked' }] }),
    'ERR_CERT_OCSP_EXPIRED',
  );
});

test('a nonce that was sent must come back', () => {
  const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  assert.equal(code({ nonce }, { ocspNonce: nonce }), null);
  assert.equal(code({ nonce }), null, 'nobody asked');
  assert.equal(code({}, { ocspNonce: nonce }), 'ERR_CERT_OCSP_NONCE');
  assert.equal(code({ nonce: nonce.slice(1) }, { ocspNonce: nonce }), 'ERR_CERT_OCSP_NONCE');
  // As old responders write it, without the inner OCTET STRING.
  const bare = { oid: '1.3.6.1.5.5.7.48.1.2', critical: false, value: nonce };
  assert.equal(code({ extraExtensions: [bare] }, { ocspNonce: nonce }), null);
  for (const value of [Uint8Array.of(4, 7, 1), Uint8Array.of(1, 1, 1)]) {
    assert.equal(
      code({ extraExtensions: [{ ...bare, value }] }, { ocspNonce: value }),
      null,
      'nothing is taken for a tag',
    );
  }
});

test('what is critical must be understood, in the response and in its parts', () => {
  const odd = (critical: boolean) => [{ oid: '1.2.3.4', critical, value: encodeNull() }];
  assert.equal(code({ extraExtensions: odd(true) }), 'ERR_CERT_OCSP_CRITICAL_EXTENSION');
  assert.equal(code({ extraExtensions: odd(false) }), null);
  const single = (critical: boolean) => ({ certificate, status: 'good' as const, extraExtensions: odd(critical) });
  assert.equal(code({ responses: [single(true)] }), 'ERR_CERT_OCSP_CRITICAL_EXTENSION');
  assert.equal(code({ responses: [single(false)] }), null);
  // In what is said about another certificate it does not matter here.
  const other = { ...single(true), certificate: server(top).certificate };
  assert.equal(code({ responses: [other, { certificate, status: 'good' }] }), null);
});

test('a responder that does not answer', () => {
  for (const error of ['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'] as const) {
    const refusal = refusalOf(path, { mode: 'hard', ocspResponse: encodeOcspError(error) });
    assert.equal(refusal?.code, 'ERR_CERT_OCSP_STATUS');
    assert.equal(refusal.detail, error);
    assert.equal(refusal.alert, 'bad_certificate_status_response');
  }
});

test('decoding is strict', (t) => {
  const good = ocspOf(top, certificate, { nonce: Uint8Array.of(1) });
  const [status, bytes] = [good.subarray(2 + (good[1] === 0x82 ? 2 : 1)).subarray(0, 3), good];
  const inBasic = (edit: Parameters<typeof edited>[1]): Uint8Array => {
    // OCSPResponse { status, [0] { ResponseBytes { type, OCTET STRING { basic } } } }
    const outer = (der: Uint8Array, wrap: (basic: Uint8Array) => Uint8Array) =>
      edited(der, ([first, second]) => {
        const [sequence] = second?.children ?? [];
        const [type, octets] = sequence?.children ?? [];
        const basic = wrap(octets?.content ?? new Uint8Array());
        return [
          first?.raw ?? new Uint8Array(),
          encodeElement(0xa0, encodeSequence(type?.raw ?? new Uint8Array(), encodeOctets(basic))),
        ];
      });
    return outer(good, (basic) => edited(basic, edit));
  };
  const inData = (edit: (fields: readonly Uint8Array[]) => readonly Uint8Array[]) =>
    inBasic(([tbs, ...rest]) => [
      edited(tbs?.raw ?? bytes, (fields) => edit(fields.map(({ raw }) => raw))),
      ...rest.map(({ raw }) => raw),
    ]);
  const swap = (index: number, der: Uint8Array) =>
    inData((fields) => fields.map((field, i) => (i === index ? der : field)));
  const single = (...parts: readonly Uint8Array[]) => swap(2, encodeSequence(encodeSequence(...parts)));
  const time = encodeElement(0x18, new TextEncoder().encode('20260601000000Z'));
  const id = encodeSequence(
    encodeSequence(encodeElement(0x06, Uint8Array.of(0x2b, 14, 3, 2, 26))),
    encodeOctets(Uint8Array.of(1)),
    encodeOctets(Uint8Array.of(1)),
    encodeUnsigned(1),
  );
  const goodStatus = encodeElement(0x80);
  assert.equal(
    codeOf(() => decodeOcspResponse(single(id, goodStatus, time))),
    null,
  );
  assert.equal(
    codeOf(() => decodeOcspResponse(inData((fields) => [encodeElement(0xa0, encodeUnsigned(0)), ...fields]))),
    null,
  );
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['empty', new Uint8Array()],
    ['a certificate', leaf.der],
    ['cut short', good.subarray(0, -1)],
    ['trailing bytes', Uint8Array.of(...good, 0)],
    ['no bytes', encodeSequence(encodeElement(0x0a, Uint8Array.of(0)))],
    ['a status of two bytes', encodeSequence(encodeElement(0x0a, Uint8Array.of(0, 0)))],
    [
      'a status of two bytes, the first zero',
      edited(good, ([, second]) => [encodeElement(0x0a, Uint8Array.of(0, 0)), second?.raw ?? good]),
    ],
    ['a third field', edited(good, (parts) => [...parts.map(({ raw }) => raw), encodeNull()])],
    [
      'a fifth field',
      inBasic((parts) => [...parts.map(({ raw }) => raw), encodeElement(0xa0, encodeSequence()), encodeNull()]),
    ],
    [
      'an identifier with more',
      single(encodeSequence(...decodeDer(id).children.map(({ raw }) => raw), encodeNull()), goodStatus, time),
    ],
    ['revoked with more', single(id, encodeElement(0xa1, time, encodeNull()), time)],
    ['a response with more', single(id, goodStatus, time, encodeNull())],
    [
      'another type',
      encodeSequence(
        status,
        encodeElement(0xa0, encodeSequence(encodeElement(0x06, Uint8Array.of(0x2a)), encodeOctets(good))),
      ),
    ],
    ['version 2', inData((fields) => [encodeElement(0xa0, encodeUnsigned(1)), ...fields])],
    ['no responder', inData((fields) => fields.slice(1))],
    ['a responder of a third kind', swap(0, encodeElement(0xa3, encodeOctets(Uint8Array.of(1))))],
    ['a UTCTime', swap(1, encodeElement(0x17, new TextEncoder().encode('260601000000Z')))],
    ['a time with a fraction', swap(1, encodeElement(0x18, new TextEncoder().encode('20260601000000.5Z')))],
    ['one field more', inData((fields) => [...fields, encodeNull()])],
    ['no signature', inBasic((parts) => parts.slice(0, 2).map(({ raw }) => raw))],
    ['a status that does not exist', single(id, encodeElement(0x83), time)],
    ['good with content', single(id, encodeElement(0x80, encodeNull()), time)],
    ['revoked without a time', single(id, encodeElement(0xa1), time)],
    ['no thisUpdate', single(id, goodStatus)],
    ['an identifier without serial number', single(encodeSequence(), goodStatus, time)],
    ['nextUpdate not tagged', single(id, goodStatus, time, time)],
  ];
  for (const [what, der] of cases)
    assert.equal(
      codeOf(() => decodeOcspResponse(der)),
      'ERR_CERT_OCSP_DECODE',
      what,
    );
  t.diagnostic(`OCSP: ${cases.length} malformed responses refused`);
});

test('any byte changed: refused, whatever it was', (t) => {
  const responder = responderOf(top);
  const good = ocspOf(top, certificate, { responder, nonce: Uint8Array.of(1, 2, 3) });
  assert.equal(withResponse(path, good), null);
  let accepted = 0;
  let changed = 0;
  for (let at = 0; at < good.length; at++) {
    const damaged = good.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x01;
    if (withResponse(path, damaged) === null) accepted++;
    changed++;
  }
  // Nothing covers the certificates but their own signatures: another valid copy changes nothing.
  assert.equal(accepted, 0, `${accepted} changes went unnoticed`);
  t.diagnostic(`OCSP: ${changed} changes of one byte, all refused`);
});

test('each signature is paid for', () => {
  const context = contextAt();
  assert.equal(refusalOf(path, { mode: 'hard', ocspResponse: ocspOf(top, certificate) }, context), null);
  assert.equal(context.signatures, 1);
  const delegated = contextAt();
  const responder = responderOf(top);
  assert.equal(
    refusalOf(path, { mode: 'hard', ocspResponse: ocspOf(top, certificate, { responder }) }, delegated),
    null,
  );
  assert.equal(delegated.signatures, 2);
});
