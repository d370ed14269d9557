/**
 * Credentials: key and leaf belong together; and which of several a peer is shown.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Credential,
  type CredentialQuery,
  chooseCredential,
  createCredential,
  isCredential,
} from '../../src/certs/credential.ts';
import { encodeBitString, encodeOid, encodeSequence } from '../../src/certs/der-encode.ts';
import { generatePrivateKey } from '../../src/certs/issue.ts';
import { encodePrivateKey } from '../../src/certs/keys.ts';
import { encodePem } from '../../src/certs/pem.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { SIGNATURE_SCHEMES, type SignatureSchemeName } from '../../src/params/algorithms.ts';
import { type Entity, forge, hex, intermediate, random, reassemble, reforge, root, server } from './forge.ts';

const ROOT = root();
const MIDDLE = intermediate(ROOT);

const credential = (leaf: Entity, ...issuers: Entity[]): Credential =>
  createCredential({ certificates: [leaf, ...issuers].map(({ der }) => der), key: leaf.key });

const code = (name: SignatureSchemeName): number => SIGNATURE_SCHEMES.find((scheme) => scheme.name === name)?.code ?? 0;
const codes = (...names: SignatureSchemeName[]): number[] => names.map(code);
const ALL = SIGNATURE_SCHEMES.map((scheme) => scheme.code);

const query = (change: Partial<CredentialQuery> = {}): CredentialQuery => ({
  role: 'server',
  serverName: null,
  schemes: ALL,
  schemesCert: [],
  authorities: [],
  ...change,
});

function configCode(call: () => unknown): ErrorCode | null {
  try {
    call();
    return null;
  } catch (error) {
    assert.ok(error instanceof TlsConfigError, `not a TlsConfigError: ${error}`);
    return error.code;
  }
}

test('from PEM, from DER, with a key in every form or elsewhere; the chain stays as it was given', () => {
  const leaf = server(MIDDLE);
  const other = server(ROOT);
  const pem =
    encodePem('CERTIFICATE', leaf.der) + encodePem('CERTIFICATE', ROOT.der) + encodePem('CERTIFICATE', MIDDLE.der);
  const keyPem = encodePem('PRIVATE KEY', encodePrivateKey(leaf.key));
  for (const key of [keyPem, encodePrivateKey(leaf.key), leaf.key, 'external'] as const) {
    const made = createCredential({ certificates: pem + keyPem, key });
    assert.deepEqual(
      made.chain.map(hex),
      [leaf, ROOT, MIDDLE].map(({ der }) => hex(der)),
    );
    assert.equal(hex(made.leaf.der), hex(leaf.der));
    assert.deepEqual(made.key, key === 'external' ? null : leaf.key);
    assert.deepEqual(
      made.schemes.map(({ name }) => name),
      ['ecdsa_secp256r1_sha256'],
    );
    assert.ok(Object.isFrozen(made) && Object.isFrozen(made.chain) && Object.isFrozen(made.schemes));
    assert.equal(isCredential(made), true);
    assert.equal(isCredential({ ...made }), false);
  }
  const buffer = Buffer.from(leaf.der);
  const fromBuffer = createCredential({ certificates: [buffer], key: leaf.key });
  buffer.fill(0);
  assert.deepEqual(fromBuffer.chain.map(hex), [hex(leaf.der)]);
  assert.equal(
    configCode(() => createCredential({ certificates: pem, key: other.key })),
    'ERR_CONFIG_KEY_MISMATCH',
  );
});

test('refusals', () => {
  const leaf = server(ROOT);
  const chain = [leaf.der];
  const refused = (certificates: string | readonly Uint8Array[], key: Parameters<typeof createCredential>[0]['key']) =>
    configCode(() => createCredential({ certificates, key }));
  assert.equal(refused(chain, leaf.key), null);
  assert.equal(refused([], leaf.key), 'ERR_CONFIG');
  assert.equal(refused(encodePem('X', leaf.der), leaf.key), 'ERR_CONFIG');
  assert.equal(refused('no PEM', leaf.key), 'ERR_CONFIG_PEM');
  assert.equal(refused(chain, 'no PEM'), 'ERR_CONFIG_PEM');
  assert.equal(refused(chain, encodePem('CERTIFICATE', leaf.der)), 'ERR_CONFIG_KEY');
  assert.equal(refused([leaf.der.subarray(1)], leaf.key), 'ERR_CONFIG');
  assert.equal(refused([leaf.der, new Uint8Array(3)], leaf.key), 'ERR_CONFIG');

  // X25519 (RFC 8410 §3): a key that cannot sign.
  const x25519 = encodeSequence(encodeSequence(encodeOid('1.3.101.110')), encodeBitString(new Uint8Array(32)));
  const strange = reforge(leaf, ROOT.key, (fields) => fields.map((field, i) => (i === 6 ? x25519 : field)));
  assert.equal(refused([strange], 'external'), 'ERR_CONFIG');

  const schemes =
    (...names: SignatureSchemeName[]) =>
    () =>
      createCredential({ certificates: chain, key: leaf.key, schemes: names });
  assert.equal(configCode(schemes('ecdsa_secp256r1_sha256')), null);
  assert.equal(configCode(schemes('ed25519')), 'ERR_CONFIG');
  assert.equal(configCode(schemes('ecdsa_secp384r1_sha384')), 'ERR_CONFIG');
  assert.equal(configCode(schemes('rsa_pkcs1_sha1')), 'ERR_CONFIG');
});

test('every kind of key belongs to its own certificate alone', () => {
  const kinds = ['p256', 'p384', 'p521', 'ed25519', 'rsa2048', 'rsa-pss2048'] as const;
  const entities = kinds.map((kind) => server(ROOT, { kind }));
  for (const a of entities) {
    for (const b of entities) {
      const made = () => createCredential({ certificates: [a.der], key: b.key });
      assert.equal(configCode(made), a === b ? null : 'ERR_CONFIG_KEY_MISMATCH');
    }
  }
});

test('RSASSA-PSS parameters bind, whether the certificate or the key file has them', () => {
  const key = generatePrivateKey('rsa-pss2048', random);
  assert.ok(key.kind === 'rsa');
  const bound = { ...key, pssParameters: { hash: 'sha384', saltLength: 48 } } as const;
  const names = (certified: typeof key, held: typeof key) =>
    createCredential({ certificates: [forge({ key: certified }).der], key: held }).schemes.map(({ name }) => name);
  assert.deepEqual(names(key, key), ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']);
  assert.deepEqual(names(bound, key), ['rsa_pss_pss_sha384']);
  assert.deepEqual(names(key, bound), ['rsa_pss_pss_sha384']);
  assert.deepEqual(names(bound, bound), ['rsa_pss_pss_sha384']);
});

test('the provider given is asked for the public half', () => {
  let asked = 0;
  const crypto: typeof nobleProvider = {
    ...nobleProvider,
    publicKey: (key) => {
      asked++;
      return nobleProvider.publicKey(key);
    },
  };
  const leaf = server(ROOT);
  createCredential({ certificates: [leaf.der], key: leaf.key, crypto });
  assert.equal(asked, 1);
});

test('choosing: by name first', () => {
  const a = credential(server(ROOT, { names: ['a.example'] }));
  const b = credential(server(ROOT, { names: ['*.b.example'], ips: ['192.0.2.1'] }));
  const chosen = (serverName: string | null) => chooseCredential([a, b], query({ serverName }))?.credential;
  assert.equal(chosen('a.example'), a);
  assert.equal(chosen('x.b.example'), b);
  assert.equal(chosen('192.0.2.1'), b);
  assert.equal(chosen('other.example'), a, 'the first where no name fits');
  assert.equal(chosen(null), a);
  assert.equal(chooseCredential([], query()), null);

  // A name that fits is worth more than a chain that the peer can verify.
  const named = credential(server(root({ kind: 'rsa2048' }), { names: ['n.example'] }));
  const ecdsaOnly = codes('ecdsa_secp256r1_sha256');
  assert.equal(chooseCredential([a, named], query({ serverName: 'n.example', schemes: ecdsaOnly }))?.credential, named);
});

test('choosing: a scheme that the peer lists, by our own preference, never one for certificates alone', () => {
  const rsaLeaf = server(ROOT, { kind: 'rsa2048' });
  const rsa = credential(rsaLeaf);
  const ecdsa = credential(server(ROOT));
  const ed = credential(server(ROOT, { kind: 'ed25519' }));
  const chosen = (list: readonly Credential[], ...names: SignatureSchemeName[]) => {
    const choice = chooseCredential(list, query({ schemes: codes(...names) }));
    return choice && ([choice.credential, choice.scheme?.name] as const);
  };
  assert.deepEqual(chosen([rsa, ecdsa, ed], 'ed25519'), [ed, 'ed25519']);
  assert.deepEqual(chosen([rsa, ecdsa, ed], 'ecdsa_secp256r1_sha256', 'ed25519'), [ecdsa, 'ecdsa_secp256r1_sha256']);
  assert.deepEqual(chosen([rsa], 'rsa_pss_rsae_sha512', 'rsa_pss_rsae_sha256'), [rsa, 'rsa_pss_rsae_sha256']);
  assert.equal(chosen([rsa], 'rsa_pkcs1_sha256'), null);
  assert.equal(chosen([rsa], 'rsa_pss_pss_sha256'), null);
  assert.equal(chosen([ecdsa], 'ecdsa_secp384r1_sha384'), null);

  const preferring = createCredential({
    certificates: [rsaLeaf.der],
    key: rsaLeaf.key,
    schemes: ['rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha256'],
  });
  assert.deepEqual(chosen([preferring], 'rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384'), [
    preferring,
    'rsa_pss_rsae_sha384',
  ]);
  assert.equal(chosen([preferring], 'rsa_pss_rsae_sha512'), null);
});

test('choosing: the leaf must be allowed to sign', () => {
  const mute = credential(server(ROOT, { keyUsage: ['keyEncipherment'] }));
  const free = credential(server(ROOT, { keyUsage: null }));
  assert.equal(chooseCredential([mute], query()), null);
  assert.equal(chooseCredential([mute, free], query())?.credential, free);
});

test('choosing: a chain whose signatures the peer lists; else any chain', () => {
  const rsaRoot = root({ kind: 'rsa2048', subject: 'CN=RSA root' });
  const byRsa = credential(server(rsaRoot));
  const byEcdsa = credential(server(ROOT));
  const chosen = (list: readonly Credential[], change: Partial<CredentialQuery>) =>
    chooseCredential(list, query(change))?.credential;
  const ecdsa = codes('ecdsa_secp256r1_sha256');
  assert.equal(chosen([byRsa, byEcdsa], { schemes: ecdsa }), byEcdsa);
  assert.equal(chosen([byRsa, byEcdsa], { schemes: ecdsa, schemesCert: codes('rsa_pkcs1_sha256') }), byRsa);
  assert.equal(chosen([byEcdsa, byRsa], { schemes: ecdsa, schemesCert: codes('rsa_pkcs1_sha256') }), byRsa);
  assert.equal(chosen([byRsa], { schemes: ecdsa }), byRsa, 'the fallback');

  // §4.3.3: the issuer's curve counts where it is known. The root's own signature does not.
  const p384 = root({ kind: 'p384', subject: 'CN=P-384 root' });
  const middle = intermediate(p384, { subject: 'CN=M', signatureHash: 'sha256' });
  const mixed = credential(server(middle), middle, p384);
  assert.equal(
    chosen([mixed, byEcdsa], { schemes: ecdsa }),
    byEcdsa,
    'ECDSA with SHA-256 by a P-384 key is another scheme',
  );
  const plain = credential(server(MIDDLE), MIDDLE, ROOT);
  assert.equal(chosen([plain, byRsa], { schemes: ecdsa }), plain);
  const odd = root({ subject: 'CN=Odd', signatureHash: 'sha384' });
  const withOddRoot = credential(server(odd), odd);
  assert.equal(chosen([withOddRoot, byEcdsa], { schemes: ecdsa }), withOddRoot, 'self-signed: any algorithm');
  // ecdsa-with-SHA224, RFC 5758 §3.2.
  const sha224 = encodeSequence(encodeOid('1.2.840.10045.4.3.1'));
  const leaf = server(ROOT);
  const inner = reforge(leaf, ROOT.key, (fields) => fields.map((field, i) => (i === 2 ? sha224 : field)));
  const strange = reassemble(inner, ([tbs, , signature]) => [tbs.raw, sha224, signature.raw]);
  const unknown = createCredential({ certificates: [strange], key: leaf.key });
  assert.equal(chosen([unknown, byEcdsa], {}), byEcdsa, 'an algorithm that nobody can have listed');
  assert.equal(chosen([unknown], {}), unknown);
  const underRsa = intermediate(rsaRoot, { subject: 'CN=N' });
  const withRsaRoot = credential(server(underRsa), underRsa, rsaRoot);
  assert.equal(chosen([withRsaRoot, byEcdsa], { schemes: ecdsa }), byEcdsa);
  assert.equal(chosen([withRsaRoot, byEcdsa], { schemes: [...ecdsa, ...codes('rsa_pkcs1_sha256')] }), withRsaRoot);
});

test('choosing: authorities filter for clients and guide servers', () => {
  const other = root({ subject: 'CN=Other' });
  const a = credential(forge({ issuer: MIDDLE }), MIDDLE);
  const b = credential(forge({ issuer: other }));
  const name = (entity: Entity) => entity.certificate.subject.der;
  const chosen = (role: 'client' | 'server', list: readonly Credential[], ...authorities: Uint8Array[]) =>
    chooseCredential(list, query({ role, authorities }))?.credential ?? null;
  for (const role of ['client', 'server'] as const) {
    assert.equal(chosen(role, [a, b]), a);
    assert.equal(chosen(role, [a, b], name(other)), b);
    assert.equal(chosen(role, [b, a], name(MIDDLE)), a);
    // §4.3.4: any certificate of the chain may be the one.
    assert.equal(chosen(role, [b, a], name(ROOT)), a);
    assert.equal(chosen(role, [b], name(ROOT), name(other)), b);
  }
  assert.equal(chosen('client', [a], name(other)), null);
  assert.equal(chosen('server', [a], name(other)), a);
});
