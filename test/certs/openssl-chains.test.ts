/**
 * Chains as the openssl command line makes them when nobody asks for more: they are good here too.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decodePem } from '../../src/certs/pem.ts';
import { type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { hasTool, run } from '../peers.ts';

/** How openssl makes a key of each kind. */
const KEYS: readonly (readonly [kind: string, ...args: string[]])[] = [
  ['P-256', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ['P-384', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ['P-521', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  ['Ed25519', '-algorithm', 'ED25519'],
  ['Ed448', '-algorithm', 'ED448'],
  ['RSA', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ['RSA-PSS', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
];

/** A folder with `openssl` in it; each command must succeed. */
function workshop(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-openssl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  return {
    file,
    write: (name: string, text: string) => {
      writeFileSync(file(name), text);
      return file(name);
    },
    openssl: async (...args: readonly string[]) => {
      const { code, stderr } = await run('openssl', args);
      assert.equal(code, 0, stderr);
    },
    der: (name: string) => decodePem(readFileSync(file(name), 'utf8'))[0]?.der ?? new Uint8Array(0),
  };
}

function verify(input: Pick<VerifyInput, 'leaf' | 'anchors'> & Partial<VerifyInput>): string {
  const verdict = verifyCertificateChain({
    intermediates: [],
    time: new Date(Date.now() + 60_000),
    purpose: 'serverAuth',
    name: { dns: 'leaf.example' },
    ...input,
  });
  return verdict.ok ? `path of ${verdict.path.length}` : `${verdict.error.code} ${verdict.error.detail}`;
}

test('req -x509, then x509 -req: root, intermediate and leaf with each kind of key', async (t) => {
  if (!hasTool(t, 'openssl')) return;
  const { file, write, openssl, der } = workshop(t);
  const leafExtensions = write('leaf.cnf', 'subjectAltName=DNS:leaf.example\n');
  const authorityExtensions = write('ca.cnf', 'basicConstraints=CA:TRUE\n');
  for (const [kind, ...args] of KEYS) {
    for (const who of ['root', 'middle', 'leaf']) await openssl('genpkey', ...args, '-out', file(`${who}.key`));
    await openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      file('root.key'),
      '-subj',
      '/CN=Root',
      '-days',
      '30',
      '-out',
      file('root.pem'),
    );
    const sign = async (who: string, subject: string, issuer: string, extensions: string) => {
      await openssl('req', '-new', '-key', file(`${who}.key`), '-subj', subject, '-out', file(`${who}.csr`));
      const by = ['-CA', file(`${issuer}.pem`), '-CAkey', file(`${issuer}.key`), '-CAcreateserial'];
      await openssl(
        'x509',
        '-req',
        '-in',
        file(`${who}.csr`),
        ...by,
        '-extfile',
        extensions,
        '-days',
        '20',
        '-out',
        file(`${who}.pem`),
      );
    };
    await sign('middle', '/CN=Middle', 'root', authorityExtensions);
    await sign('leaf', '/CN=anything at all', 'middle', leafExtensions);
    const input = { leaf: der('leaf.pem'), intermediates: [der('middle.pem')], anchors: [der('root.pem')] };
    assert.equal(verify(input), 'path of 3', kind);
    assert.match(verify({ ...input, intermediates: [] }), /^ERR_CERT_UNKNOWN_ISSUER/, kind);
    assert.match(verify({ ...input, name: { dns: 'anything at all' } }), /^ERR_CERT_NAME_MISMATCH/, kind);
  }
  t.diagnostic(`openssl: chains with ${KEYS.length} kinds of key`);
});

test('a certificate of its own: trusted it is a leaf, though openssl makes it an authority', async (t) => {
  if (!hasTool(t, 'openssl')) return;
  const { file, openssl, der } = workshop(t);
  const names = ['-subj', '/CN=leaf.example', '-addext', 'subjectAltName=DNS:leaf.example'];
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-noenc',
    '-keyout',
    file('own.key'),
    ...names,
    '-out',
    file('own.pem'),
  );
  const leaf = der('own.pem');
  assert.equal(verify({ leaf, anchors: [leaf] }), 'path of 1');
  assert.match(verify({ leaf, anchors: [] }), /^ERR_CERT_CA_AS_LEAF/);
  assert.match(verify({ leaf, anchors: [leaf], name: { dns: 'other.example' } }), /^ERR_CERT_NAME_MISMATCH/);
});

test('x509 -req without extensions makes version 1, which is for anchors alone', async (t) => {
  if (!hasTool(t, 'openssl')) return;
  const { file, openssl, der } = workshop(t);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  await openssl('req', '-x509', ...key, '-keyout', file('root.key'), '-subj', '/CN=Root', '-out', file('root.pem'));
  await openssl(
    'req',
    '-new',
    ...key,
    '-keyout',
    file('leaf.key'),
    '-subj',
    '/CN=leaf.example',
    '-out',
    file('leaf.csr'),
  );
  await openssl(
    'x509',
    '-req',
    '-in',
    file('leaf.csr'),
    '-CA',
    file('root.pem'),
    '-CAkey',
    file('root.key'),
    '-CAcreateserial',
    '-out',
    file('leaf.pem'),
  );
  const outcome = verify({ leaf: der('leaf.pem'), anchors: [der('root.pem')] });
  // OpenSSL 3.2 adds key identifiers, and with them version 3.
  assert.match(outcome, /^ERR_CERT_(VERSION|NAME_MISMATCH)/);
});
