/**
 * An authority's whole life on the command line: issue, serve, connect; revoke, list, staple; connect again. No openssl needed.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isotls, serve } from './in-process.ts';

test('ca, serve and connect: CRLs and staples decide', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-revocation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string): string => join(folder, name);
  const ca = file('ca');
  const run = async (...argv: readonly string[]) => {
    const result = await isotls(['ca', ...argv]);
    assert.equal(result.code, 0, result.stderr);
  };
  await run('init', '--out', ca);
  for (const [name, ...more] of [
    ['plain', '--intermediate'],
    ['stapled', '--must-staple'],
  ] as const) {
    await run('issue', '--ca', ca, '--name', 'localhost', ...more, '--out', file(`${name}.pem`));
  }
  const staple = (name: string, ...more: readonly string[]) =>
    run('ocsp', '--ca', ca, '--cert', file(`${name}.pem`), '--out', file(`${name}.der`), ...more);
  const crl = () => run('crl', '--ca', ca, '--out', file('crl.pem'));
  const start = (name: string, ...more: readonly string[]) =>
    serve(t, ['--www', '--cert', file(`${name}.pem`), '--key', file(`${name}-key.pem`), ...more]);
  let connections = 0;
  /** The code that a connection ends with, or null. */
  const connect = async (port: number, ...more: readonly string[]) => {
    const { code, stderr } = await isotls(
      ['connect', `localhost:${port}`, '--ca', join(ca, 'ca.pem'), ...more],
      'x\n\n',
    );
    connections++;
    assert.ok(code === 0 || code === 2, stderr);
    return code === 0 ? null : /^(ERR_\w+): /m.exec(stderr)?.[1];
  };

  await crl();
  const plain = await start('plain');
  const unstapled = await start('stapled');
  const lists = ['--crl', file('crl.pem')];
  for (const version of ['1.3', '1.2']) {
    const only = ['--min-version', version, '--max-version', version];
    assert.equal(await connect(plain.port, ...only), null);
    assert.equal(await connect(plain.port, ...only, ...lists), null);
    assert.equal(await connect(plain.port, ...only, '--ocsp'), null, 'no staple is no proof');
    // Must-staple counts for who asks for staples.
    assert.equal(await connect(unstapled.port, ...only), null);
    assert.equal(await connect(unstapled.port, ...only, '--ocsp'), 'ERR_CERT_STAPLE_REQUIRED');
    assert.equal(await connect(unstapled.port, ...only, ...lists), 'ERR_CERT_STAPLE_REQUIRED');
  }
  await staple('stapled', '--delegate');
  const stapling = await start('stapled', '--ocsp', file('stapled.der'));
  assert.equal(await connect(stapling.port, '--ocsp'), null);
  assert.equal(await connect(stapling.port, ...lists), null);

  await run('revoke', '--ca', ca, '--cert', file('plain.pem'));
  await run('revoke', '--ca', ca, '--cert', file('stapled.pem'), '--reason', 'superseded');
  assert.equal(await connect(plain.port, ...lists), null, 'an old list does not know yet');
  await crl();
  assert.equal(await connect(plain.port, ...lists), 'ERR_CERT_REVOKED');
  assert.equal(await connect(plain.port, ...lists, '--ocsp'), 'ERR_CERT_REVOKED');
  assert.equal(await connect(stapling.port, '--ocsp'), null, 'nor does an old staple');
  await staple('stapled');
  const revoking = await start('stapled', '--ocsp', file('stapled.der'));
  assert.equal(await connect(revoking.port, '--ocsp'), 'ERR_CERT_REVOKED');
  assert.equal(await connect(revoking.port), null, 'nobody asked');

  // A list of another authority is no answer, and the leaf needs one.
  await run('init', '--out', file('other'));
  await run('crl', '--ca', file('other'), '--out', file('other.pem'));
  assert.match(
    String(await connect(plain.port, '--crl', file('other.pem'))),
    /^ERR_CERT_(REVOCATION_UNKNOWN|CRL_ISSUER)$/,
  );
  t.diagnostic(`revocation: ${connections} connections of the command line`);
});
