/**
 * Certificates made to keep a verifier busy: huge, deep, many, circular. Nothing throws, each ends in a typed refusal, and the
 * work is what its budget says. Times are printed, not judged: docs/certificates.md has those of a quiet machine.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { encodeElement, encodeOid, encodeSequence, encodeText } from '../../src/certs/der-encode.ts';
import { generatePrivateKey } from '../../src/certs/issue.ts';
import { encodeGeneralName, type GeneralNameInput } from '../../src/certs/issue-extensions.ts';
import { EXTENSION_OID } from '../../src/certs/oids.ts';
import { DEFAULT_BUDGET } from '../../src/certs/path-budget.ts';
import { type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import {
  DAY,
  type Entity,
  forge,
  intermediate,
  NOW,
  random,
  reassemble,
  reforge,
  root,
  server,
  withExtensions,
} from './forge.ts';

interface Met {
  readonly code: ErrorCode | 'accepted';
  readonly signatures: number;
}

interface Attack extends Met {
  readonly title: string;
  readonly milliseconds: number;
}

const attacks = new Map<TestContext, Attack[]>();

/** Verifies, holds the code against those expected, and notes what it took. */
function attack(
  t: TestContext,
  title: string,
  input: Partial<VerifyInput> & { readonly leaf: Uint8Array },
  ...codes: readonly Met['code'][]
): Met {
  let signatures = 0;
  const crypto: typeof nobleProvider = {
    ...nobleProvider,
    verify(...args) {
      signatures++;
      return nobleProvider.verify(...args);
    },
  };
  const base = { intermediates: [], anchors: [ROOT.der], time: NOW, purpose: 'serverAuth', crypto } as const;
  const started = process.cpuUsage();
  const verdict = verifyCertificateChain({ ...base, ...input });
  const { user, system } = process.cpuUsage(started);
  const code = verdict.ok ? 'accepted' : verdict.error.code;
  const list = attacks.get(t) ?? [];
  attacks.set(t, [...list, { title, code, signatures, milliseconds: Math.round((user + system) / 1000) }]);
  if (list.length === 0) t.after(() => report(t));
  assert.ok(codes.includes(code), `${title}: ${code}${verdict.ok ? '' : ` (${verdict.error.detail})`}`);
  assert.ok(signatures <= DEFAULT_BUDGET.signatures, `${signatures} signatures`);
  return { code, signatures };
}

/** One line for each test; one for each attack where BAD_INPUT_VERBOSE is set. */
function report(t: TestContext): void {
  const list = attacks.get(t) ?? [];
  const slowest = list.reduce((most, entry) => (entry.milliseconds > most.milliseconds ? entry : most));
  const shown = ({ title, code, signatures, milliseconds }: Attack) =>
    `${milliseconds} ms of processor, ${signatures} signatures, ${code} (${title})`;
  t.diagnostic(`bad input: ${t.name}: ${list.length} tried, the slowest ${shown(slowest)}`);
  if (process.env['BAD_INPUT_VERBOSE'] !== undefined) for (const entry of list) t.diagnostic(shown(entry));
}

const KEYS = Array.from({ length: 12 }, () => generatePrivateKey('p256', random));
const keyOf = (index: number) => KEYS[index % KEYS.length] as Entity['key'];
const ROOT = root({ key: keyOf(0) });
const CA = intermediate(ROOT, { key: keyOf(1), subject: 'CN=CA' });
const LEAF = server(CA, { key: keyOf(2) });
const MIB = 2 ** 20;

/** `leaf` with one extension more, signed again. */
function extended(entity: Entity, issuer: Entity, oid: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? [Uint8Array.of(1, 1, 0xff)] : [];
  const extension = encodeSequence(encodeOid(oid), ...flag, encodeElement(0x04, value));
  return withExtensions(entity, issuer.key, (list) => [...list, extension]);
}

const deep = (levels: number, tag = 0x30) => {
  // From the inside out, each with its own length.
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < levels; i++) {
    const octets =
      length < 0x80
        ? [length]
        : length < 0x100
          ? [0x81, length]
          : length < 0x1_0000
            ? [0x82, length >> 8, length & 0xff]
            : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
    parts.push(Uint8Array.of(tag, ...octets));
    length += 1 + octets.length;
  }
  return Uint8Array.from(Buffer.concat(parts.reverse()));
};

test('blobs of 16 MiB', (t) => {
  const zeros = new Uint8Array(16 * MIB);
  const wrapped = encodeElement(0x30, new Uint8Array(16 * MIB - 16));
  const nested = new Uint8Array(16 * MIB).fill(0x30);
  const repeated = new Uint8Array(16 * MIB);
  for (let at = 0; at + LEAF.der.length < repeated.length; at += LEAF.der.length) repeated.set(LEAF.der, at);
  for (const [title, blob] of Object.entries({ zeros, wrapped, nested, repeated })) {
    attack(t, `16 MiB ${title} as leaf`, { leaf: blob }, 'ERR_CERT_DER_LIMIT', 'ERR_CERT_DECODE');
    attack(
      t,
      `16 MiB ${title} as intermediates`,
      { leaf: LEAF.der, intermediates: [blob, blob, blob] },
      'ERR_CERT_DER_LIMIT',
      'ERR_CERT_DECODE',
    );
    attack(
      t,
      `16 MiB ${title} as anchor`,
      { leaf: LEAF.der, anchors: [blob] },
      'ERR_CERT_UNKNOWN_ISSUER',
      'ERR_CERT_DER_LIMIT',
      'ERR_CERT_DECODE',
    );
    attack(
      t,
      `16 MiB ${title} beside a good path`,
      { leaf: LEAF.der, intermediates: [blob, CA.der], anchors: [blob, ROOT.der] },
      'accepted',
    );
  }
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20; i++)
    verifyCertificateChain({
      leaf: zeros,
      intermediates: [wrapped],
      anchors: [nested],
      time: NOW,
      purpose: 'serverAuth',
    });
  const grown = (process.memoryUsage().arrayBuffers - before) / MIB;
  t.diagnostic(`bad input: 20 times three blobs leave ${Math.round(grown)} MiB of buffers`);
  assert.ok(grown < 40, `${grown} MiB`);
});

test('deep nesting', (t) => {
  for (const levels of [15, 16, 17, 100, 10_000, 60_000]) {
    attack(t, `${levels} levels`, { leaf: deep(levels) }, 'ERR_CERT_DECODE', 'ERR_CERT_DER_LIMIT');
    const leaf = extended(LEAF, CA, EXTENSION_OID.certificatePolicies, deep(Math.min(levels, 20_000)));
    attack(
      t,
      `${levels} levels in an extension`,
      { leaf, intermediates: [CA.der] },
      'ERR_CERT_DECODE',
      'ERR_CERT_DER_LIMIT',
    );
  }
  const name = reforge(LEAF, CA.key, (fields) => fields.map((field, i) => (i === 5 ? deep(10_000) : field)).slice());
  attack(
    t,
    '10000 levels as subject',
    { leaf: name, intermediates: [CA.der] },
    'ERR_CERT_DECODE',
    'ERR_CERT_DER_LIMIT',
  );
});

test('huge object identifiers', (t) => {
  const oid = (length: number) => encodeElement(0x06, new Uint8Array(length).fill(0xff, 0, length - 1));
  for (const length of [64, 65, 1_000, 60_000, 200_000]) {
    const purposes = extended(
      { ...LEAF, certificate: BARE.certificate },
      CA,
      EXTENSION_OID.extendedKeyUsage,
      encodeSequence(oid(length)),
    );
    attack(
      t,
      `an identifier of ${length} octets`,
      { leaf: purposes, intermediates: [CA.der] },
      'ERR_CERT_EXTENDED_KEY_USAGE',
      'ERR_CERT_DECODE',
      'ERR_CERT_DER_LIMIT',
    );
  }
  const many = encodeSequence(...Array.from({ length: 10_000 }, (_, i) => encodeOid(`1.2.3.${i}`)));
  const leaf = extended({ ...LEAF, certificate: BARE.certificate }, CA, EXTENSION_OID.extendedKeyUsage, many);
  attack(t, '10000 purposes', { leaf, intermediates: [CA.der] }, 'ERR_CERT_EXTENDED_KEY_USAGE');
});

const BARE = forge({ issuer: CA, key: keyOf(2), names: ['leaf.example'] });
const NAMELESS = forge({ issuer: CA, key: keyOf(2), purposes: ['serverAuth'] });

test('10000 names and 10000 constraints', (t) => {
  const forms: Readonly<Record<string, (i: number) => readonly [name: GeneralNameInput, base: GeneralNameInput]>> = {
    dns: (i) => [{ dns: `n${i}.example` }, { dns: `b${i}.example` }],
    email: (i) => [{ email: `n@${i}.example` }, { email: `b${i}.example` }],
    uri: (i) => [{ uri: `a://n${i}.example` }, { uri: `b${i}.example` }],
    ip: (i) => [{ ip: `10.0.${i >> 8}.${i & 255}` }, { ip: `10.1.${i >> 8}.${i & 255}/32` }],
    directory: (i) => [{ directory: `CN=${i}` }, { directory: `O=${i}` }],
  };
  const COUNT = 10_000;
  for (const [form, make] of Object.entries(forms)) {
    const pairs = Array.from({ length: form === 'directory' ? 5_000 : COUNT }, (_, i) => make(i));
    const san = encodeSequence(...pairs.map(([name]) => encodeGeneralName(name)));
    const leaf = extended(NAMELESS, CA, EXTENSION_OID.subjectAltName, san);
    for (const tag of [0xa0, 0xa1]) {
      const bases = pairs.map(([, base]) => encodeSequence(encodeGeneralName(base)));
      const constraints = encodeSequence(encodeElement(tag, ...bases));
      const ca = extended(CA, ROOT, EXTENSION_OID.nameConstraints, constraints, true);
      const title = `${pairs.length} names and as many ${tag === 0xa0 ? 'permitted' : 'excluded'} subtrees: ${form}`;
      // What the first name is not permitted, it is refused for at once.
      const codes =
        tag === 0xa0
          ? (['ERR_CERT_NAME_CONSTRAINTS', 'ERR_CERT_DER_LIMIT'] as const)
          : (['ERR_CERT_BUDGET', 'ERR_CERT_DER_LIMIT'] as const);
      attack(t, title, { leaf, intermediates: [ca] }, ...codes);
    }
  }
  const own = encodeSequence(...Array.from({ length: COUNT }, (_, i) => encodeGeneralName({ dns: `n${i}.example` })));
  const every = extended(NAMELESS, CA, EXTENSION_OID.subjectAltName, own);
  const permitted = Array.from({ length: COUNT }, (_, i) =>
    encodeSequence(encodeGeneralName({ dns: `n${i}.example` })),
  );
  const ca = extended(CA, ROOT, EXTENSION_OID.nameConstraints, encodeSequence(encodeElement(0xa0, ...permitted)), true);
  attack(
    t,
    '10000 names, each permitted by one of 10000 subtrees',
    { leaf: every, intermediates: [ca] },
    'ERR_CERT_BUDGET',
  );
  attack(
    t,
    '10000 names and one asked for',
    { leaf: every, intermediates: [CA.der], name: { dns: 'n9999.example' } },
    'accepted',
  );
});

/** The same certificate under another serial number; signed again where a signer is given. */
function numbered(entity: Entity, number: number, signer: Entity['key'] | null): Uint8Array {
  const serial = Uint8Array.of(2, 3, 1, number >> 8, number & 255);
  const edit = (fields: readonly Uint8Array[]) => fields.map((field, i) => (i === 1 ? serial : field));
  if (signer !== null) return reforge(entity, signer, edit);
  return reassemble(entity.der, ([tbs, algorithm, signature]) => [
    encodeSequence(...edit(tbs.children.map(({ raw }) => raw))),
    algorithm.raw,
    signature.raw,
  ]);
}

test('1000 intermediates of one name', (t) => {
  const many = (make: (i: number) => Uint8Array) => Array.from({ length: 1_000 }, (_, i) => make(i));
  const named = (issuer: Entity, index: number, options = {}) =>
    intermediate(issuer, { subject: 'CN=CA', key: keyOf(index), ...options });
  const leaf = server({ ...CA, key: keyOf(11) }, { key: keyOf(2) });

  const keyed = Array.from({ length: 8 }, (_, i) => named(ROOT, 3 + i));
  const strangers = many((i) => numbered(keyed[i % 8] as Entity, i, null));
  const input = { leaf: leaf.der, intermediates: strangers };
  const met = attack(t, '1000 namesakes, none with the key', input, 'ERR_CERT_BUDGET', 'ERR_CERT_SIGNATURE');
  assert.equal(met.signatures, DEFAULT_BUDGET.signatures);

  const old = named(ROOT, 1, {
    notBefore: new Date(NOW.getTime() - 3 * DAY),
    notAfter: new Date(NOW.getTime() - 2 * DAY),
  });
  const expired = many((i) => numbered(old, i, null));
  attack(t, '1000 namesakes, all expired', { leaf: LEAF.der, intermediates: expired }, 'ERR_CERT_EXPIRED');
  attack(t, 'the same, and the right one', { leaf: LEAF.der, intermediates: [...expired, CA.der] }, 'accepted');

  // Each is issued by CN=CA with the next key.
  const ring = Array.from({ length: 10 }, (_, i) => named({ ...CA, key: keyOf(i + 2) }, i + 1));
  const circular = many((i) => numbered(ring[i % 10] as Entity, i, keyOf((i % 10) + 2)));
  attack(t, '1000 that sign each other', { leaf: LEAF.der, intermediates: circular }, 'ERR_CERT_BUDGET');
  const empty = Array.from({ length: 100_000 }, () => new Uint8Array(0));
  attack(t, '100000 that are empty', { leaf: LEAF.der, intermediates: empty }, 'ERR_CERT_BUDGET', 'ERR_CERT_DECODE');
});

test('many intermediates of many elements', (t) => {
  const stranger = intermediate(ROOT, { subject: 'CN=CA', key: keyOf(5) });
  const dense = {
    names: [EXTENSION_OID.subjectAltName, Array.from({ length: 32_000 }, () => Uint8Array.of(0x82, 1, 0x61))],
    purposes: [EXTENSION_OID.extendedKeyUsage, Array.from({ length: 32_000 }, () => Uint8Array.of(6, 1, 0x2a))],
    policies: [
      EXTENSION_OID.certificatePolicies,
      Array.from({ length: 12_000 }, (_, i) => encodeSequence(Uint8Array.of(6, 3, 0x2a, 0x80 | (i >> 7), i & 0x7f))),
    ],
  } as const;
  for (const [title, [oid, elements]] of Object.entries(dense)) {
    const der = extended(stranger, ROOT, oid, encodeSequence(...elements));
    const namesakes = Array.from({ length: 100 }, (_, i) => {
      // Another signature, so that no two are the same.
      const copy = Uint8Array.from(der);
      copy[copy.length - 1] = i;
      return copy;
    });
    const codes = ['ERR_CERT_BUDGET', 'ERR_CERT_EXTENDED_KEY_USAGE', 'ERR_CERT_DECODE', 'ERR_CERT_SIGNATURE'] as const;
    attack(
      t,
      `100 namesakes with ${elements.length} ${title} each`,
      { leaf: LEAF.der, intermediates: namesakes },
      ...codes,
    );
    attack(
      t,
      `the same behind the right one: ${title}`,
      { leaf: LEAF.der, intermediates: [CA.der, ...namesakes] },
      'accepted',
      'ERR_CERT_BUDGET',
    );
  }
});

test('the costliest signatures', (t) => {
  for (const kind of ['p521', 'p384', 'ed448', 'ed25519'] as const) {
    const keys = Array.from({ length: 4 }, () => generatePrivateKey(kind, random));
    const signer = keys[0] as Entity['key'];
    const authority: Entity = { ...CA, key: signer };
    const leaf = server(authority, { key: keyOf(2) });
    const namesakes = Array.from({ length: 80 }, (_, i) => {
      const key = keys[1 + (i % 3)] as Entity['key'];
      return intermediate(ROOT, { subject: 'CN=CA', key, serial: Uint8Array.of(1, i) }).der;
    });
    attack(
      t,
      `80 namesakes with keys of ${kind}`,
      { leaf: leaf.der, intermediates: namesakes },
      'ERR_CERT_BUDGET',
      'ERR_CERT_SIGNATURE',
    );
  }
});

test('cyclic cross-signs', (t) => {
  for (const count of [2, 3, 10]) {
    const entities = Array.from({ length: count }, (_, i) => root({ subject: `CN=C${i}`, key: keyOf(i) }));
    const crosses = entities.flatMap((issuer) =>
      entities
        .filter((other) => other !== issuer)
        .map(({ certificate, key }) => intermediate(issuer, { subject: certificate.subject.name, key }).der),
    );
    const leaf = server(entities[0] as Entity, { key: keyOf(11) });
    const input = { leaf: leaf.der, intermediates: crosses };
    const codes = count === 10 ? (['ERR_CERT_BUDGET'] as const) : (['ERR_CERT_UNKNOWN_ISSUER'] as const);
    attack(
      t,
      `${count} authorities that sign each other, no anchor`,
      { ...input, anchors: [forge({ subject: 'CN=Elsewhere', ca: {} }).der] },
      ...codes,
    );
    const last = entities.at(-1) as Entity;
    attack(
      t,
      `${count} authorities that sign each other, one is the anchor`,
      { ...input, anchors: [last.der] },
      'accepted',
    );
  }
});

test('policies that double at every certificate', (t) => {
  const policies = Array.from({ length: 60 }, (_, i) => `1.2.4.${i}`);
  const policyMappings = policies.flatMap((from) => policies.map((to) => [from, to] as const));
  let above: Entity = ROOT;
  const authorities: Uint8Array[] = [];
  for (let i = 0; i < 12; i++) {
    above = intermediate(above, { subject: `CN=P${i}`, key: keyOf(i + 3), policies, policyMappings });
    authorities.push(above.der);
  }
  const leaf = server(above, { key: keyOf(2), policies });
  attack(
    t,
    '12 authorities with 60 policies, each mapped to each',
    { leaf: leaf.der, intermediates: authorities, policies: policies.slice(0, 1) },
    'accepted',
  );
  const none = server(above, { key: keyOf(2), policies: ['1.2.5'] });
  attack(
    t,
    'the same, and none of them in the leaf',
    { leaf: none.der, intermediates: authorities, policies: policies.slice(0, 1) },
    'ERR_CERT_POLICY',
  );
  const wide = Array.from({ length: 10_000 }, (_, i) => `1.2.6.${i}`);
  attack(
    t,
    '10000 policies',
    { leaf: server(CA, { key: keyOf(2), policies: wide }).der, intermediates: [CA.der], policies: wide.slice(-1) },
    'ERR_CERT_POLICY',
  );
});

test('names that are slow to read', (t) => {
  const texts: Readonly<Record<string, GeneralNameInput>> = {
    'a host of 200 kB': { dns: 'a.'.repeat(100_000) },
    'a host of hyphens': { dns: `a${'-'.repeat(200_000)}` },
    'a mailbox of dots': { email: `${'a.'.repeat(100_000)}@` },
    'a mailbox of quotes': { email: `"${'\\"'.repeat(100_000)}` },
    'a mailbox of @': { email: '@'.repeat(200_000) },
    'a URI of users': { uri: `http://${'a:'.repeat(100_000)}` },
    'a URI of hosts': { uri: `http://${'a.'.repeat(100_000)}:` },
    'a URI of @': { uri: `http://${'a@'.repeat(100_000)}` },
    'a URI of a scheme': { uri: 'a'.repeat(200_000) },
  };
  const ca = intermediate(ROOT, {
    subject: 'CN=CA',
    key: keyOf(1),
    nameConstraints: { permitted: [{ dns: 'example' }, { email: 'example' }, { uri: 'example' }] },
  });
  for (const [title, name] of Object.entries(texts)) {
    const leaf = extended(NAMELESS, CA, EXTENSION_OID.subjectAltName, encodeSequence(encodeGeneralName(name)));
    attack(t, title, { leaf, intermediates: [ca.der] }, 'ERR_CERT_NAME_CONSTRAINTS');
    attack(
      t,
      `${title}, asked for another`,
      { leaf, intermediates: [CA.der], name: { dns: 'leaf.example' } },
      'ERR_CERT_NAME_MISMATCH',
    );
    attack(
      t,
      `${title}, asked for a mailbox`,
      { leaf, intermediates: [CA.der], name: { email: 'a@leaf.example' } },
      'ERR_CERT_NAME_MISMATCH',
    );
  }
  const wide = encodeSequence(
    ...Array.from({ length: 8_000 }, (_, i) =>
      encodeElement(0x31, encodeSequence(encodeOid('2.5.4.3'), encodeText(0x0c, `a  b ${i}`))),
    ),
  );
  const long = encodeSequence(
    encodeElement(0x31, encodeSequence(encodeOid('2.5.4.3'), encodeText(0x0c, ' '.repeat(200_000)))),
  );
  for (const [title, subject] of Object.entries({
    'a subject of 8000 parts': wide,
    'a subject of 200 kB of spaces': long,
  })) {
    const leaf = reforge(LEAF, CA.key, (fields) => fields.map((field, i) => (i === 5 ? subject : field)));
    attack(t, title, { leaf, intermediates: [CA.der] }, 'accepted', 'ERR_CERT_DECODE');
  }
});

test('long paths', (t) => {
  const line = (length: number, selfIssued: boolean) => {
    let above: Entity = ROOT;
    const authorities = Array.from({ length }, (_, i) => {
      above = intermediate(above, {
        subject: selfIssued ? 'CN=CA' : `CN=L${i}`,
        key: selfIssued ? generatePrivateKey('p256', random) : keyOf(i),
      });
      return above.der;
    });
    return { leaf: server(above, { key: keyOf(11) }).der, intermediates: authorities };
  };
  attack(t, '40 authorities in a row', line(40, false), 'accepted');
  attack(t, '100 authorities in a row', line(100, false), 'ERR_CERT_BUDGET');
  attack(t, '100 authorities of one name in a row', line(100, true), 'ERR_CERT_BUDGET');
});

test('a certificate that is decoded is frozen and its own', () => {
  const bytes = Uint8Array.from(LEAF.der);
  const certificate = decodeCertificate(bytes);
  bytes.fill(0);
  assert.deepEqual(Buffer.from(certificate.der), Buffer.from(LEAF.der));
  assert.ok(Object.isFrozen(certificate) && Object.isFrozen(certificate.extensions));
});
