/**
 * The `ca` commands: what they write is what openssl and our own verifier accept, and nothing of value is overwritten.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createCredential } from '../../src/certs/credential.ts';
import { KEY_KINDS } from '../../src/certs/issue.ts';
import { decodePem } from '../../src/certs/pem.ts';
import type { RevocationPolicy } from '../../src/certs/revocation.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { verifyCertificateChain } from '../../src/certs/verifier.ts';
import { runCa } from '../../src/cli/ca.ts';
import { hasTool } from '../peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'isotls-ca-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

async function ca(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const code = await runCa(argv, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

function read(chain: string, key: string) {
  return createCredential({ certificates: readFileSync(chain, 'utf8'), key: readFileSync(key, 'utf8') });
}

test('init writes a root and its key, and never over another', async () => {
  const out = file('first');
  const made = await ca('init', '--out', out);
  assert.deepEqual(made, {
    code: 0,
    stdout: `certificate ${join(out, 'ca.pem')}\nprivate key ${join(out, 'ca-key.pem')}\n`,
    stderr: '',
  });
  assert.equal(statSync(join(out, 'ca-key.pem')).mode & 0o777, 0o600);

  const before = readFileSync(join(out, 'ca.pem'), 'utf8');
  const again = await ca('init', '--out', out);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /^EEXIST: .*\n$/);
  assert.equal(readFileSync(join(out, 'ca.pem'), 'utf8'), before);
});

test('issue: a leaf for every kind of key verifies under openssl and under our verifier', async (t) => {
  if (!hasTool(t, 'openssl')) return;
  for (const kind of KEY_KINDS) {
    const root = file(`root-${kind}`);
    const out = file(`${kind}.pem`);
    assert.equal((await ca('init', '--out', root, '--key', kind)).code, 0);
    const issued = await ca(
      'issue',
      '--ca',
      root,
      '--name',
      'a.example',
      '--key',
      kind,
      '--intermediate',
      '--out',
      out,
    );
    assert.equal(issued.code, 0, issued.stderr);
    const strict = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'a.example'];
    const shown = execFileSync('openssl', [
      'verify',
      ...strict,
      '-CAfile',
      join(root, 'ca.pem'),
      '-untrusted',
      out,
      out,
    ]);
    assert.match(shown.toString(), /: OK\n$/);

    const { chain } = read(out, file(`${kind}-key.pem`));
    assert.equal(chain.length, 2);
    const [leaf, ...intermediates] = chain as [Uint8Array, Uint8Array];
    const anchors = createTrustStore([readFileSync(join(root, 'ca.pem'), 'utf8')]);
    const input = { leaf, intermediates, anchors, time: new Date(), purpose: 'serverAuth' } as const;
    assert.equal(verifyCertificateChain({ ...input, name: { dns: 'a.example' } }).ok, true);
    assert.equal(verifyCertificateChain({ ...input, name: { dns: 'b.example' } }).ok, false);
  }
  t.diagnostic(`ca issue: ${KEY_KINDS.length} kinds of key verify under openssl and isotls`);
});

test('issue: names, addresses, purpose, days and the JSON report', async () => {
  const root = file('names');
  await ca('init', '--out', root);
  const out = file('names.pem');
  const issued = await ca(
    ...['issue', '--ca', root, '--name', 'a.example', '*.b.example', '--name', '10.0.0.1', '--ip', '::1'],
    ...['--days', '3', '--out', out, '--json'],
  );
  const report = JSON.parse(issued.stdout);
  assert.equal(report.certificate, out);
  assert.equal(report.key, file('names-key.pem'));
  assert.deepEqual(report.certificates[0].names, ['a.example', '*.b.example']);
  const { leaf } = read(out, report.key);
  assert.deepEqual(
    leaf.extensions.subjectAltName?.ip.map((address) => [...address].join('.')),
    ['0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1', '10.0.0.1'],
  );
  assert.deepEqual(leaf.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1']);
  const days = (leaf.validity.notAfter.getTime() - Date.now()) / 86_400_000;
  assert.ok(days > 2.9 && days <= 3, `${days} days`);

  assert.equal((await ca('issue', '--ca', root, '--name', 'Alice', '--client', '--out', file('alice.pem'))).code, 0);
  const alice = read(file('alice.pem'), file('alice-key.pem')).leaf;
  assert.deepEqual(alice.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.2']);
  assert.equal(alice.subject.name, 'CN=Alice');
});

test('a leaf does not outlive its root', async () => {
  const root = file('short');
  await ca('init', '--out', root, '--days', '2');
  await ca('issue', '--ca', root, '--name', 'a.example', '--days', '300', '--out', file('short.pem'));
  const { leaf } = read(file('short.pem'), file('short-key.pem'));
  assert.ok(leaf.validity.notAfter.getTime() < Date.now() + 2 * 86_400_000 + 1000);
});

test('a key file that others could read is replaced by one that they cannot', async () => {
  const root = file('mode');
  await ca('init', '--out', root);
  writeFileSync(file('mode-key.pem'), 'old');
  chmodSync(file('mode-key.pem'), 0o644);
  assert.equal((await ca('issue', '--ca', root, '--name', 'a.example', '--out', file('mode.pem'))).code, 0);
  assert.equal(statSync(file('mode-key.pem')).mode & 0o777, 0o600);
});

test('wrong arguments are usage errors and write nothing', async () => {
  const root = file('usage');
  const out = file('usage.pem');
  await ca('init', '--out', root);
  const wrong: readonly string[][] = [
    [],
    ['make'],
    ['init'],
    ['init', '--out', file('none'), '--key', 'rsa512'],
    ['init', '--out', file('none'), '--days', '0'],
    ['init', '--out', file('none'), 'more'],
    ['issue', '--ca', root, '--name', 'a.example'],
    ['issue', '--name', 'a.example', '--out', out],
    ['issue', '--ca', root, '--out', out],
    ['issue', '--ca', root, '--name', 'not a host', '--out', out],
    ['issue', '--ca', root, '--name', 'a.*.example', '--out', out],
    ['issue', '--ca', root, '--ip', '1.2.3', '--out', out],
    ['issue', '--ca', root, '--name', 'a.example', '--out', out, '--no-such-option'],
  ];
  for (const argv of wrong) {
    const { code, stdout, stderr } = await ca(...argv);
    assert.deepEqual([code, stdout], [1, ''], argv.join(' '));
    assert.match(stderr, /^usage: /);
  }
  assert.equal(existsSync(out), false);
  assert.equal(existsSync(file('none')), false);
});

test('failures have a code', async () => {
  const missing = await ca('issue', '--ca', file('nowhere'), '--name', 'a.example', '--out', file('x.pem'));
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^ENOENT: /);

  const root = file('broken');
  await ca('init', '--out', root);
  writeFileSync(join(root, 'ca-key.pem'), 'no key');
  const broken = await ca('issue', '--ca', root, '--name', 'a.example', '--out', file('x.pem'));
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /^ERR_CONFIG_PEM: /);
});

test('revoke, crl and ocsp: what they write is what openssl and our own verifier take it for', async (t) => {
  if (!hasTool(t, 'openssl')) return;
  const root = file('revoking');
  await ca('init', '--out', root);
  for (const [name, ...more] of [['kept', '--intermediate'], ['lost', '--intermediate'], ['own']] as const) {
    const issued = await ca('issue', '--ca', root, '--name', 'a.example', ...more, '--out', file(`${name}.pem`));
    assert.equal(issued.code, 0, issued.stderr);
  }
  // The intermediate is used again.
  assert.deepEqual(
    read(file('kept.pem'), file('kept-key.pem')).chain[1],
    read(file('lost.pem'), file('lost-key.pem')).chain[1],
  );
  assert.equal(statSync(join(root, 'intermediate-p256', 'ca-key.pem')).mode & 0o777, 0o600);

  const revoked = await ca('revoke', '--ca', root, '--cert', file('lost.pem'), '--reason', 'keyCompromise');
  assert.deepEqual(revoked, { code: 0, stdout: 'revoked CN=a.example (keyCompromise)\n', stderr: '' });
  const again = await ca('revoke', '--ca', root, '--cert', file('lost.pem'));
  assert.equal(again.code, 2);
  assert.match(again.stderr, /revoked already/);
  const crl = await ca('crl', '--ca', root, '--out', file('crl.pem'), '--json');
  assert.deepEqual(JSON.parse(crl.stdout).lists, [
    { issuer: 'CN=isotls development root', revoked: 0 },
    { issuer: 'CN=isotls development intermediate', revoked: 1 },
  ]);

  const crls = decodePem(readFileSync(file('crl.pem'), 'utf8')).map(({ der }) => der);
  const anchors = createTrustStore([readFileSync(join(root, 'ca.pem'), 'utf8')]);
  const judge = (name: string, revocation: RevocationPolicy) => {
    const [leaf = new Uint8Array(), ...intermediates] = read(file(`${name}.pem`), file(`${name}-key.pem`)).chain;
    const verdict = verifyCertificateChain({
      leaf,
      intermediates,
      anchors,
      time: new Date(),
      purpose: 'serverAuth',
      revocation,
    });
    return verdict.ok ? null : verdict.error.code;
  };
  const openssl = (name: string) => {
    const args = ['-x509_strict', '-crl_check_all', '-CRLfile', file('crl.pem'), '-CAfile', join(root, 'ca.pem')];
    const { stdout, stderr } = spawnSync('openssl', [
      'verify',
      ...args,
      '-untrusted',
      file('kept.pem'),
      file(`${name}.pem`),
    ]);
    return `${stdout}${stderr}`;
  };
  for (const [name, code, shown] of [
    ['kept', null, /: OK/],
    ['own', null, /: OK/],
    ['lost', 'ERR_CERT_REVOKED', /certificate revoked/],
  ] as const) {
    assert.equal(judge(name, { mode: 'hard', crls }), code);
    assert.match(openssl(name), shown);
    for (const more of [[], ['--delegate'], ['--days', '1']]) {
      const out = file('response.der');
      const made = await ca('ocsp', '--ca', root, '--cert', file(`${name}.pem`), '--out', out, ...more);
      assert.equal(made.code, 0, made.stderr);
      assert.match(made.stdout, code === null ? /: good\n$/ : /: revoked\n$/);
      assert.equal(judge(name, { mode: 'hard', demand: 'leaf', ocspResponse: readFileSync(out) }), code);
      const issuer = name === 'own' ? root : join(root, 'intermediate-p256');
      const asked = ['-issuer', join(issuer, 'ca.pem'), '-cert', file(`${name}.pem`), '-no_nonce'];
      const { stdout, stderr } = spawnSync('openssl', [
        'ocsp',
        '-respin',
        out,
        ...asked,
        '-CAfile',
        join(root, 'ca.pem'),
      ]);
      assert.match(`${stderr}`, /Response verify OK/);
      assert.match(`${stdout}`, code === null ? /: good/ : /: revoked[\s\S]*keyCompromise/);
    }
  }

  const elsewhere = file('elsewhere');
  await ca('init', '--out', elsewhere);
  const other = await ca('revoke', '--ca', elsewhere, '--cert', file('own.pem'));
  assert.equal(other.code, 2);
  assert.match(other.stderr, /not issued by/);
  writeFileSync(join(elsewhere, 'revoked.txt'), 'x y z\n');
  assert.match((await ca('crl', '--ca', elsewhere, '--out', file('x'))).stderr, /revoked\.txt:1: not a serial number/);
  for (const misuse of [
    ['revoke', '--cert', 'x'],
    ['revoke', '--ca', root],
    ['revoke', '--ca', root, '--cert', file('own.pem'), '--reason', 'removeFromCRL'],
    ['revoke', '--ca', root, '--cert', file('own.pem'), '--reason', 'toString'],
    ['crl', '--ca', root],
    ['crl', '--ca', root, '--out', file('x'), '--days', '0'],
    ['ocsp', '--ca', root, '--cert', file('own.pem')],
    ['ocsp', '--ca', root, '--cert', file('own.pem'), '--out', file('x'), 'more'],
    ['toString'],
  ]) {
    assert.equal((await ca(...misuse)).code, 1, misuse.join(' '));
  }
});

test('issue --must-staple', async () => {
  const root = file('stapling');
  await ca('init', '--out', root);
  await ca('issue', '--ca', root, '--name', 'a.example', '--must-staple', '--out', file('stapling.pem'));
  assert.deepEqual(read(file('stapling.pem'), file('stapling-key.pem')).leaf.extensions.tlsFeatures, [5]);
});
