/**
 * CRLs: decoding, scope, freshness, entries, damage.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCrl } from '../../src/certs/crl.ts';
import { findRevocation } from '../../src/certs/crl-entries.ts';
import {
  encodeBitString,
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { signatureAlgorithmFor } from '../../src/certs/issue.ts';
import type { RevokedInput, ScopeInput } from '../../src/certs/issue-status.ts';
import { encodeSignatureAlgorithm } from '../../src/certs/signature-algorithm.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { codeOf, DAY, type Entity, intermediate, NOW, random, root, server } from './forge.ts';
import { crlOf, edited, refusalOf, TOMORROW, withLists, YESTERDAY } from './status.ts';

const top = root();
const leaf = server(top);
const path = [leaf, top];
const revokedLeaf: RevokedInput = { serial: leaf.certificate.serial, date: YESTERDAY };

/** The TBSCertList changed and signed again. */
function resigned(der: Uint8Array, issuer: Entity, edit: (fields: readonly Uint8Array[]) => readonly Uint8Array[]) {
  const tbs = edited(decodeCrl(der).tbs, (fields) => edit(fields.map(({ raw }) => raw)));
  const algorithm = signatureAlgorithmFor(issuer.key);
  const signature = nobleProvider.sign(algorithm, issuer.key, tbs, random);
  return encodeSequence(tbs, encodeSignatureAlgorithm(algorithm), encodeBitString(signature));
}

test('a list without the certificate is good, one with it refuses, in every version and for every reason', () => {
  assert.equal(withLists(path, crlOf(top)), null);
  assert.equal(withLists(path, crlOf(top, { version: 1 })), null);
  for (const version of [1, 2] as const) {
    assert.equal(withLists(path, crlOf(top, { version, revoked: [revokedLeaf] })), 'ERR_CERT_REVOKED');
  }
  for (const reason of [
    'unspecified',
    'keyCompromise',
    'cACompromise',
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'certificateHold',
    'privilegeWithdrawn',
    'aACompromise',
  ] as const) {
    const error = refusalOf(path, { mode: 'soft', crls: [crlOf(top, { revoked: [{ ...revokedLeaf, reason }] })] });
    assert.equal(error?.code, 'ERR_CERT_REVOKED', reason);
    assert.equal(error.alert, 'certificate_revoked');
    assert.equal(error.detail, `CN=leaf.example: ${reason}, since ${YESTERDAY.toISOString()}`);
  }
  // §6.3.3 (k).
  const removed = crlOf(top, { revoked: [{ ...revokedLeaf, reason: 'removeFromCRL' }] });
  assert.equal(withLists(path, removed), null);
  const removedAndRevoked = crlOf(top, { revoked: [{ ...revokedLeaf, reason: 'removeFromCRL' }, revokedLeaf] });
  assert.equal(withLists(path, removedAndRevoked), 'ERR_CERT_REVOKED');
});

test('serial numbers are compared whole', () => {
  const { serial } = leaf.certificate;
  const near = [
    serial.slice(1),
    ...[...serial.keys()].map((at) => serial.map((byte, i) => (i === at ? byte ^ 1 : byte))),
    Uint8Array.of(0x40, ...serial),
    Uint8Array.of(...serial, 1),
    serial.slice(0, -1),
  ];
  const revoked = near.map((other) => ({ serial: other, date: YESTERDAY }));
  assert.equal(withLists(path, crlOf(top, { revoked })), null);
  assert.equal(withLists(path, crlOf(top, { revoked: [...revoked, revokedLeaf] })), 'ERR_CERT_REVOKED');
});

test('of another issuer: nothing at hand; of the same name with another key: not this one', () => {
  assert.equal(withLists(path, crlOf(root({ subject: 'CN=Other' }))), 'ERR_CERT_REVOCATION_UNKNOWN');
  assert.equal(withLists(path, crlOf(root())), 'ERR_CERT_CRL_ISSUER');
  // Without key identifiers only the signature tells.
  assert.equal(withLists(path, crlOf(root(), { version: 1 })), 'ERR_CERT_CRL_SIGNATURE');
  assert.equal(withLists(path, crlOf(root()), crlOf(top)), null);
  const proven = crlOf(root(), { revoked: [revokedLeaf] });
  assert.equal(refusalOf(path, { mode: 'soft', crls: [proven] }), null, 'a list by another key revokes nothing');
});

test('the issuer must be allowed to sign lists', () => {
  const mute = root({ keyUsage: ['keyCertSign'] });
  assert.equal(withLists([server(mute), mute], crlOf(mute)), 'ERR_CERT_CRL_ISSUER');
  const any = root({ keyUsage: null });
  assert.equal(withLists([server(any), any], crlOf(any)), null);
});

test('a damaged signature, and one of an algorithm that is not supported', () => {
  const damaged = crlOf(top);
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
  assert.equal(withLists(path, damaged), 'ERR_CERT_CRL_SIGNATURE');
  const oid = encodeSequence(encodeElement(0x06, Uint8Array.of(0x2a, 3, 4)));
  const odd = edited(crlOf(top), ([tbs, , signature]) => [
    edited(tbs?.raw ?? new Uint8Array(), (fields) => fields.map(({ raw }, i) => (i === 1 ? oid : raw))),
    oid,
    signature?.raw ?? new Uint8Array(),
  ]);
  assert.equal(withLists(path, odd), 'ERR_CERT_CRL_SIGNATURE');
  const keyless = { ...top, certificate: { ...top.certificate, publicKey: null } };
  assert.equal(withLists([leaf, keyless], crlOf(top)), 'ERR_CERT_CRL_SIGNATURE');
});

test('freshness, to the second, with the tolerance that the policy sets', () => {
  const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
  const code = (thisUpdate: Date, nextUpdate: Date | null, more = {}) =>
    refusalOf(path, { mode: 'hard', crls: [crlOf(top, { thisUpdate, nextUpdate })], ...more })?.code ?? null;
  assert.equal(code(at(300), at(1000)), null);
  assert.equal(code(at(301), at(1000)), 'ERR_CERT_CRL_EXPIRED');
  assert.equal(code(at(-1000), at(-300)), null);
  assert.equal(code(at(-1000), at(-301)), 'ERR_CERT_CRL_EXPIRED');
  assert.equal(code(at(1), at(1000), { clockSkew: 0 }), 'ERR_CERT_CRL_EXPIRED');
  assert.equal(code(at(0), at(0), { clockSkew: 0 }), null);
  assert.equal(code(at(-1000), at(-1), { clockSkew: 0 }), 'ERR_CERT_CRL_EXPIRED');
  // A list without an end is stale at once, unless an age is set.
  assert.equal(code(at(-1000), null), 'ERR_CERT_CRL_EXPIRED');
  assert.equal(code(at(-1000), null, { maxAge: 1000, clockSkew: 0 }), null);
  assert.equal(code(at(-1001), null, { maxAge: 1000, clockSkew: 0 }), 'ERR_CERT_CRL_EXPIRED');
  assert.equal(code(at(-1001), at(1000), { maxAge: 1000, clockSkew: 0 }), 'ERR_CERT_CRL_EXPIRED');
});

test('a revocation outlives its list, a hold does not; none is taken from the future', () => {
  const old = { thisUpdate: new Date(NOW.getTime() - 9 * DAY), nextUpdate: new Date(NOW.getTime() - 2 * DAY) };
  const soft = (options: Parameters<typeof crlOf>[1]) =>
    refusalOf(path, { mode: 'soft', crls: [crlOf(top, options)] })?.code ?? null;
  assert.equal(soft({ ...old, revoked: [revokedLeaf] }), 'ERR_CERT_REVOKED');
  assert.equal(soft({ ...old, revoked: [{ ...revokedLeaf, reason: 'certificateHold' }] }), null);
  assert.equal(soft({ revoked: [{ ...revokedLeaf, reason: 'certificateHold' }] }), 'ERR_CERT_REVOKED');
  assert.equal(soft({ thisUpdate: TOMORROW, nextUpdate: null, revoked: [revokedLeaf] }), null);
});

test('delta lists and critical extensions that are not understood make a list unusable', () => {
  const value = encodeNull();
  assert.equal(withLists(path, crlOf(top, { deltaBase: 7 })), 'ERR_CERT_CRL_SCOPE');
  const odd = (critical: boolean) => crlOf(top, { extraExtensions: [{ oid: '1.2.3.4', critical, value }] });
  assert.equal(withLists(path, odd(true)), 'ERR_CERT_CRL_CRITICAL_EXTENSION');
  assert.equal(withLists(path, odd(false)), null);
  // §5.3: in the entry of any certificate at all.
  const entry = (oid: string, critical: boolean) =>
    crlOf(top, {
      revoked: [{ serial: Uint8Array.of(1), date: YESTERDAY, extraExtensions: [{ oid, critical, value }] }],
    });
  assert.equal(withLists(path, entry('1.2.3.4', true)), 'ERR_CERT_CRL_CRITICAL_EXTENSION');
  assert.equal(withLists(path, entry('1.2.3.4', false)), null);
  // certificateIssuer, which only an indirect list has.
  assert.equal(withLists(path, entry('2.5.29.29', true)), 'ERR_CERT_CRL_CRITICAL_EXTENSION');
  // invalidityDate, critical or not, is read over.
  assert.equal(withLists(path, entry('2.5.29.24', true)), null);
});

test('the scope: kinds of certificates', () => {
  const middle = intermediate(top);
  const low = server(middle);
  const code = (scope: ScopeInput, of: readonly Entity[]) =>
    refusalOf(of, { mode: 'hard', crls: [crlOf(of[1] ?? top, { scope })], demand: 'leaf' })?.code ?? null;
  assert.equal(code({}, path), null);
  assert.equal(code({ onlyUserCertificates: true }, path), null);
  assert.equal(code({ onlyUserCertificates: true }, [middle, top]), 'ERR_CERT_CRL_SCOPE');
  assert.equal(code({ onlyAuthorities: true }, [middle, top]), null);
  assert.equal(code({ onlyAuthorities: true }, [low, middle, top]), 'ERR_CERT_CRL_SCOPE');
  assert.equal(code({ onlyAttributeCertificates: true }, path), 'ERR_CERT_CRL_SCOPE');
  assert.equal(code({ indirect: true }, path), 'ERR_CERT_CRL_SCOPE');
  // §5.2.5: at most one of them.
  assert.equal(code({ onlyUserCertificates: true, onlyAuthorities: true }, path), 'ERR_CERT_CRL_DECODE');
});

test('the scope: distribution points', () => {
  const here = { uri: 'http://crl.example/1' };
  const there = { uri: 'http://crl.example/2' };
  const code = (crlDistributionPoints: Parameters<typeof server>[1], scope: ScopeInput) => {
    const certificate = server(top, crlDistributionPoints);
    return withLists([certificate, top], crlOf(top, { scope }));
  };
  const named = { crlDistributionPoints: [here.uri] };
  assert.equal(code(named, { names: [here] }), null);
  assert.equal(code(named, { names: [there, here] }), null);
  assert.equal(code(named, { names: [there] }), 'ERR_CERT_CRL_SCOPE');
  assert.equal(code({ crlDistributionPoints: [there.uri, here.uri] }, { names: [here] }), null);
  assert.equal(code(named, { names: [{ uri: 'http://CRL.example/1' }] }), 'ERR_CERT_CRL_SCOPE');
  assert.equal(code(named, { names: [{ dns: here.uri }] }), 'ERR_CERT_CRL_SCOPE', 'another form of name');
  // §6.3.3: without points of its own, a certificate's is the name of its issuer.
  assert.equal(code({}, { names: [{ directory: 'CN=ROOT' }] }), null);
  assert.equal(code({}, { names: [here] }), 'ERR_CERT_CRL_SCOPE');
  // A point without names has those of its cRLIssuer; one of another issuer leads to an indirect list.
  const byIssuer = (name: string) => ({ crlDistributionPoints: [{ crlIssuer: [{ directory: name }] }] });
  assert.equal(code(byIssuer('CN=Root'), { names: [{ directory: 'CN=Root' }] }), null);
  assert.equal(code(byIssuer('CN=Else'), { names: [{ directory: 'CN=Else' }] }), 'ERR_CERT_CRL_SCOPE');
  assert.equal(
    code({ crlDistributionPoints: [{ names: [here], crlIssuer: [{ directory: 'CN=Else' }] }] }, { names: [here] }),
    'ERR_CERT_CRL_SCOPE',
  );
  // A list about all points covers them all.
  assert.equal(code(named, {}), null);
  // nameRelativeToCRLIssuer, on both sides; equal to the full name.
  const part = encodeSequence(encodeElement(0x06, Uint8Array.of(0x55, 4, 3)), encodeElement(0x0c, Uint8Array.of(0x31)));
  const relative = encodeElement(0xa0, encodeElement(0xa1, part));
  const relativePoint = {
    oid: '2.5.29.31',
    critical: false,
    value: encodeSequence(encodeSequence(relative)),
  };
  assert.equal(code({ extraExtensions: [relativePoint] }, { names: [{ directory: 'CN=Root, CN=1' }] }), null);
  assert.equal(
    code({ extraExtensions: [relativePoint] }, { names: [{ directory: 'CN=Root, CN=2' }] }),
    'ERR_CERT_CRL_SCOPE',
  );
  const relativeScope = crlOf(top, {
    extraExtensions: [{ oid: '2.5.29.28', critical: true, value: encodeSequence(relative) }],
  });
  assert.equal(withLists([server(top, { extraExtensions: [relativePoint] }), top], relativeScope), null);
});

test('the scope: reasons add up', () => {
  const some = (...reasons: NonNullable<ScopeInput['reasons']>) => crlOf(top, { scope: { reasons } });
  const first = some('keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded');
  const rest = some('cessationOfOperation', 'certificateHold', 'privilegeWithdrawn', 'aACompromise');
  assert.equal(withLists(path, first), 'ERR_CERT_REVOCATION_UNKNOWN');
  assert.equal(withLists(path, rest), 'ERR_CERT_REVOCATION_UNKNOWN');
  assert.equal(withLists(path, first, rest), null);
  assert.equal(withLists(path, first, crlOf(top)), null);
  const proof = crlOf(top, { scope: { reasons: ['keyCompromise'] }, revoked: [revokedLeaf] });
  assert.equal(withLists(path, proof), 'ERR_CERT_REVOKED');
  // §6.3.3 (d)(1): the reasons of the point narrow those of the list.
  const here = { uri: 'http://crl.example/1' };
  const narrow = server(top, { crlDistributionPoints: [{ names: [here], reasons: ['keyCompromise'] }] });
  assert.equal(withLists([narrow, top], crlOf(top, { scope: { names: [here] } })), 'ERR_CERT_REVOCATION_UNKNOWN');
});

test('decoding is strict', (t) => {
  const good = crlOf(top, { revoked: [{ ...revokedLeaf, reason: 'keyCompromise' }] });
  const { tbs } = decodeCrl(good);
  /** With this authorityKeyIdentifier, where ours writes none. */
  const anonymous = (value: Uint8Array) => {
    const extensions = { ...top.certificate.extensions, subjectKeyIdentifier: null };
    const issuer = { ...top, certificate: { ...top.certificate, extensions } };
    return crlOf(issuer, { extraExtensions: [{ oid: '2.5.29.35', critical: false, value }] });
  };
  assert.equal(decodeCrl(anonymous(encodeSequence())).authorityKeyIdentifier, null);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['empty', new Uint8Array()],
    ['a SET', Uint8Array.of(0x31, ...good.subarray(1))],
    [
      'a SET inside',
      edited(good, (parts) => parts.map(({ raw }, i) => (i === 0 ? Uint8Array.of(0x31, ...raw.subarray(1)) : raw))),
    ],
    ['a certificate', leaf.der],
    ['cut short', good.subarray(0, -1)],
    ['trailing bytes', Uint8Array.of(...good, 0)],
    ['BER length', Uint8Array.of(0x30, 0x84, 0, ...good.subarray(2))],
    ['no signature', edited(good, ([a, b]) => [a?.raw ?? tbs, b?.raw ?? tbs])],
    ['a fourth field', edited(good, (parts) => [...parts.map(({ raw }) => raw), encodeNull()])],
    ['version 3', resigned(good, top, ([, ...rest]) => [encodeUnsigned(2), ...rest])],
    ['version 1 spelt out', resigned(good, top, ([, ...rest]) => [encodeUnsigned(0), ...rest])],
    [
      'version 1 spelt out in a list of version 1',
      resigned(crlOf(top, { version: 1 }), top, (f) => [encodeUnsigned(0), ...f]),
    ],
    ['a field after the extensions', resigned(good, top, (f) => [...f, encodeNull()])],
    [
      'an extension with more',
      resigned(good, top, (f) => [
        ...f.slice(0, -1),
        encodeElement(0xa0, encodeSequence(encodeSequence(encodeOid('1.2.3'), encodeElement(0x04), encodeNull()))),
      ]),
    ],
    ['a key identifier with more', anonymous(encodeSequence(encodeNull()))],
    ['version 1 with extensions', resigned(good, top, ([, ...rest]) => rest)],
    [
      'two algorithms',
      edited(good, ([a, , c]) => [a?.raw ?? tbs, encodeSignatureAlgorithm({ kind: 'ed25519' }), c?.raw ?? tbs]),
    ],
    ['no issuer', resigned(good, top, (f) => f.map((field, i) => (i === 2 ? encodeSequence() : field)))],
    ['no thisUpdate', resigned(good, top, (f) => f.filter((_, i) => i !== 3 && i !== 4))],
    [
      'a date that does not exist',
      resigned(good, top, (f) =>
        f.map((field, i) => (i === 3 ? encodeElement(0x17, new TextEncoder().encode('260231000000Z')) : field)),
      ),
    ],
    [
      'an extension twice',
      crlOf(top, { extraExtensions: [{ oid: '2.5.29.20', critical: false, value: encodeUnsigned(1) }] }),
    ],
    [
      'a negative number',
      crlOf(top, { extraExtensions: [{ oid: '2.5.29.28', critical: true, value: encodeUnsigned(1) }] }),
    ],
  ];
  for (const [what, der] of cases)
    assert.equal(
      codeOf(() => decodeCrl(der)),
      'ERR_CERT_CRL_DECODE',
      what,
    );

  // Entries are judged when they are walked, behind the signature.
  const entry = (...parts: readonly Uint8Array[]) =>
    resigned(good, top, (f) => f.map((field, i) => (i === 5 ? encodeSequence(encodeSequence(...parts)) : field)));
  const serial = encodeUnsigned(5);
  const date = encodeElement(0x17, new TextEncoder().encode('260601000000Z'));
  assert.equal(withLists(path, entry(serial, date)), null);
  const oid = encodeElement(0x06, Uint8Array.of(0x55, 0x1d, 21));
  const octets = encodeElement(0x04, encodeElement(0x0a, Uint8Array.of(1)));
  const extension = encodeSequence(oid, octets);
  assert.equal(withLists(path, entry(serial, date, encodeSequence(extension))), null);
  const malformed: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['no date', [serial]],
    ['no serial number', [date]],
    ['an empty serial number', [encodeElement(0x02), date]],
    ['a padded serial number', [encodeElement(0x02, Uint8Array.of(0, 5)), date]],
    ['a padded negative one', [encodeElement(0x02, Uint8Array.of(0xff, 0x85)), date]],
    ['a short date', [serial, encodeElement(0x17, new Uint8Array(11))]],
    ['a date of another type', [serial, encodeElement(0x04, new Uint8Array(15))]],
    ['no extension', [serial, date, encodeSequence()]],
    ['something else', [serial, date, encodeNull()]],
    ['one more', [serial, date, encodeSequence(extension), encodeNull()]],
    ['an extension without value', [serial, date, encodeSequence(encodeSequence(oid))]],
    ['an extension with more', [serial, date, encodeSequence(encodeSequence(oid, octets, encodeNull()))]],
    [
      'a boolean of 1',
      [serial, date, encodeSequence(encodeSequence(oid, encodeElement(0x01, Uint8Array.of(1)), octets))],
    ],
    [
      'a long boolean',
      [serial, date, encodeSequence(encodeSequence(oid, encodeElement(0x01, Uint8Array.of(0xff, 0)), octets))],
    ],
    ['a long length', [Uint8Array.of(0x02, 0x81, 1, 5), date]],
    ['an indefinite length', [Uint8Array.of(0x02, 0x80, 5, 0, 0), date]],
    ['a length that leads out', [Uint8Array.of(0x02, 0x7f, 5), date]],
  ];
  for (const [what, parts] of malformed) assert.equal(withLists(path, entry(...parts)), 'ERR_CERT_CRL_DECODE', what);

  const old = crlOf(top, {
    version: 1,
    revoked: [{ serial: Uint8Array.of(5), date: YESTERDAY, reason: 'superseded' }],
  });
  assert.equal(withLists(path, old), 'ERR_CERT_CRL_DECODE', 'version 1 with extensions of entries');

  // Of the entry that was looked for, all of it.
  const own = encodeElement(0x02, leaf.certificate.serial);
  const reason = (value: Uint8Array) => encodeSequence(encodeSequence(oid, encodeElement(0x04, value)));
  for (const value of [
    encodeNull(),
    encodeElement(0x0a, Uint8Array.of(7)),
    encodeElement(0x0a, Uint8Array.of(0, 1)),
    encodeElement(0x0a),
  ]) {
    assert.equal(withLists(path, entry(own, date, reason(value))), 'ERR_CERT_CRL_DECODE');
  }
  t.diagnostic(`CRLs: ${cases.length} malformed lists and ${malformed.length + 4} malformed entries refused`);
});

test('any byte changed: a TlsError or a refusal, never anything else', (t) => {
  const good = crlOf(top, {
    revoked: [{ ...revokedLeaf, reason: 'keyCompromise' }],
    scope: { onlyUserCertificates: true },
  });
  let changed = 0;
  for (let at = 0; at < good.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = good.slice();
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      let crl: ReturnType<typeof decodeCrl> | null = null;
      codeOf(() => {
        crl = decodeCrl(damaged);
      });
      if (crl !== null)
        codeOf(() =>
          findRevocation((crl as unknown as ReturnType<typeof decodeCrl>).entries, leaf.certificate.serial, 2),
        );
      changed++;
    }
  }
  t.diagnostic(`CRLs: ${changed} changes of one byte`);
});
