/**
 * `isotls verify`: real chains, ten kinds of damage, revocation, and what is printed.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { issueCrl, issueOcspResponse } from '../../src/certs/issue-status.ts';
import { decodePem, encodePem } from '../../src/certs/pem.ts';
import { pinOf } from '../../src/certs/pins.ts';
import { DAY, intermediate, NOW, random, root, server } from '../certs/forge.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';
import { isotls } from './in-process.ts';

/** Writes files to a folder that is gone when `t` ends. */
function folderFor(t: TestContext): (name: string, content: string | Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-verify-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
}

const pem = (...ders: readonly Uint8Array[]): string => ders.map((der) => encodePem('CERTIFICATE', der)).join('');

/** `der` with `length` bytes at the first place where `find` (hexadecimal) stands put in place of it. */
function replaced(der: Uint8Array, find: string, by: string): Uint8Array {
  const text = Buffer.from(der).toString('hex');
  const at = text.indexOf(find);
  assert.ok(at !== -1 && at % 2 === 0, find);
  return Buffer.from(text.slice(0, at) + by + text.slice(at + find.length), 'hex');
}

/** The outer header with another length, and what follows. */
function relengthed(der: Uint8Array, ...length: readonly number[]): Uint8Array {
  assert.equal(der[1], 0x82);
  return Buffer.from([0x30, ...length, ...der.subarray(4)]);
}

interface Chain {
  readonly leaf: Uint8Array;
  readonly rest: readonly Uint8Array[];
}

/** What is done to a chain, or to the command line, and what is said of it. */
const DAMAGE: readonly [
  what: string,
  code: string,
  chain: (chain: Chain) => readonly Uint8Array[],
  args?: readonly string[],
][] = [
  [
    'a bit of the signature',
    'ERR_CERT_SIGNATURE',
    ({ leaf, rest }) => [leaf.map((byte, i) => (i === leaf.length - 1 ? byte ^ 1 : byte)), ...rest],
  ],
  [
    'an indefinite length',
    'ERR_CERT_DER_INDEFINITE',
    ({ leaf, rest }) => [relengthed(Buffer.from([...leaf, 0, 0]), 0x80), ...rest],
  ],
  [
    'a length with a zero in front',
    'ERR_CERT_DER_LENGTH',
    ({ leaf, rest }) => [relengthed(leaf, 0x83, 0, leaf[2] ?? 0, leaf[3] ?? 0), ...rest],
  ],
  ['a byte at the end', 'ERR_CERT_DER_TRAILING', ({ leaf, rest }) => [Buffer.from([...leaf, 0]), ...rest]],
  ['a byte less', 'ERR_CERT_DECODE', ({ leaf, rest }) => [leaf.subarray(0, -1), ...rest]],
  [
    'a boolean of BER',
    'ERR_CERT_DER_BOOLEAN',
    ({ leaf, rest }) => [replaced(leaf, '0603551d0f0101ff', '0603551d0f010101'), ...rest],
  ],
  [
    'a month 13',
    'ERR_CERT_TIME',
    ({ leaf, rest }) => [Buffer.from(leaf.map((byte, i) => (isMonth(leaf, i) ? 0x39 : byte))), ...rest],
  ],
  ['no intermediates', 'ERR_CERT_UNKNOWN_ISSUER', ({ leaf }) => [leaf]],
  ['an authority as the leaf', 'ERR_CERT_CA_AS_LEAF', ({ rest }) => rest],
  ['another name', 'ERR_CERT_NAME_MISMATCH', ({ leaf, rest }) => [leaf, ...rest], ['--host', 'example.invalid']],
  ['later', 'ERR_CERT_EXPIRED', ({ leaf, rest }) => [leaf, ...rest], ['--time', '2031-01-01T00:00:00Z']],
  ['sooner', 'ERR_CERT_NOT_YET_VALID', ({ leaf, rest }) => [leaf, ...rest], ['--time', '2020-01-01T00:00:00Z']],
];

/** The first digit of the month of notBefore. */
function isMonth(der: Uint8Array, index: number): boolean {
  const validity = Buffer.from(der).indexOf(Buffer.from([0x30, 0x1e, 0x17, 0x0d]));
  return validity !== -1 && index === validity + 6;
}

test('chains of real sites are good at their time, and damaged ones refused for the right reason', async (t) => {
  const folder = skipWithoutVectors(t, 'x509');
  if (folder === null) return;
  const write = folderFor(t);
  const names = readdirSync(join(folder, 'online')).filter((name) => name.endsWith('.json'));
  let refused = 0;
  for (const name of names) {
    const limbo = JSON.parse(readFileSync(join(folder, 'online', name), 'utf8'));
    const host: string = limbo.expected_peer_name.value;
    const ca = write('ca.pem', limbo.trusted_certs.join('\n'));
    const options = ['--ca', ca, '--host', host, '--time', limbo.validation_time];
    const file = write('chain.pem', [limbo.peer_certificate, ...limbo.untrusted_intermediates].join('\n'));
    const good = await isotls(['verify', file, ...options]);
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout.toString(), /^good\nleaf +.*\nissuer 1 [\s\S]*\nanchor [\s\S]*\nname +\S+\n/);

    const chain: Chain = {
      leaf: decodePem(limbo.peer_certificate)[0]?.der ?? new Uint8Array(0),
      rest: limbo.untrusted_intermediates.flatMap((text: string) => decodePem(text).map(({ der }) => der)),
    };
    for (const [what, code, damage, args = []] of DAMAGE) {
      const bad = await isotls(['verify', write('bad.pem', pem(...damage(chain))), ...options, ...args]);
      assert.equal(bad.code, 2, `${name}: ${what}`);
      assert.match(
        bad.stderr,
        new RegExp(`^${code}: .+\ncertificate: .+\nrule: .+ §.+\nalert: \\w+\n`),
        `${name}: ${what}`,
      );
      refused++;
    }
  }
  assert.ok(names.length >= 7);
  t.diagnostic(`isotls verify: ${names.length} real chains good, ${refused} damaged ones refused for their reason`);
});

const ROOT = root();
const MIDDLE = intermediate(ROOT);
const LEAF = server(MIDDLE);
const AT = ['--time', NOW.toISOString()];

test('the path and the refusal as JSON', async (t) => {
  const write = folderFor(t);
  const ca = ['--ca', write('ca.pem', pem(ROOT.der)), ...AT];
  const chain = write('chain.pem', pem(LEAF.der, MIDDLE.der));
  const good = await isotls(['verify', chain, ...ca, '--host', 'leaf.example', '--json']);
  assert.equal(good.code, 0, good.stderr);
  const facts = JSON.parse(good.stdout.toString());
  assert.equal(facts.ok, true);
  assert.deepEqual(facts.name, { dns: 'leaf.example' });
  assert.equal(facts.revocationChecked, false);
  assert.deepEqual(
    facts.path.map(({ subject, key, pin }: { subject: string; key: string; pin: string }) => [subject, key, pin]),
    [LEAF, MIDDLE, ROOT].map(({ certificate }) => [certificate.subject.name, 'secp256r1', pinOf(certificate)]),
  );

  const other = intermediate(root({ subject: 'CN=Root' }));
  const bad = await isotls([
    'verify',
    write('bad.pem', pem(LEAF.der, other.der)),
    ...ca,
    '--host',
    'leaf.example',
    '--json',
  ]);
  assert.equal(bad.code, 2);
  const { trace, ...refusal } = JSON.parse(bad.stdout.toString());
  assert.deepEqual(refusal, {
    ok: false,
    code: 'ERR_CERT_SIGNATURE',
    message: 'the signature on a certificate is wrong (CN=leaf.example, by CN=Intermediate)',
    section: 'RFC 5280 §6.1.3',
    alert: 'bad_certificate',
    certificate: 'CN=Intermediate',
  });
  assert.deepEqual(
    trace.map(({ path, code }: { path: string[]; code: string }) => [path, code]),
    [[['CN=leaf.example', 'CN=Intermediate'], 'ERR_CERT_SIGNATURE']],
  );
});

test('purpose, policies, pins, and a certificate in DER', async (t) => {
  const write = folderFor(t);
  const ca = ['--ca', write('ca.pem', pem(ROOT.der)), ...AT];
  const chain = write('chain.pem', pem(LEAF.der, MIDDLE.der));
  const run = async (...args: readonly string[]) => {
    const { code, stderr } = await isotls(['verify', ...args, ...ca]);
    return code === 0 ? 'good' : stderr.split(':')[0];
  };
  assert.equal(await run(write('leaf.der', LEAF.der), write('middle.der', MIDDLE.der)), 'good');
  assert.equal(await run(chain, '--purpose', 'client'), 'ERR_CERT_EXTENDED_KEY_USAGE');
  assert.equal(await run(chain, '--policy', '2.23.140.1.2.1'), 'ERR_CERT_POLICY');
  assert.equal(await run(chain, '--pin', pinOf(ROOT.certificate), '--pin', pinOf(server(ROOT).certificate)), 'good');
  assert.equal(await run(chain, '--pin', pinOf(server(ROOT).certificate)), 'ERR_CERT_PIN');
});

test('CRLs and OCSP responses', async (t) => {
  const write = folderFor(t);
  const chain = [write('chain.pem', pem(LEAF.der, MIDDLE.der)), '--ca', write('ca.pem', pem(ROOT.der)), ...AT];
  const times = { thisUpdate: NOW, nextUpdate: new Date(NOW.getTime() + DAY), random };
  const crl = (issuer: typeof ROOT, ...revoked: readonly (typeof LEAF)[]) =>
    issueCrl(issuer, {
      ...times,
      revoked: revoked.map(({ certificate }) => ({ serial: certificate.serial, date: NOW })),
    });
  const ocsp = (status: 'good' | 'revoked') =>
    issueOcspResponse(MIDDLE, { ...times, responses: [{ certificate: LEAF.certificate, status }] });
  const run = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await isotls(['verify', ...chain, ...args]);
    return code === 0 ? /revoked +(.*)\n/.exec(stdout.toString())?.[1] : stderr.split(':')[0];
  };
  assert.equal(await run(), 'not checked: neither --crl nor --ocsp');
  assert.equal(await run('--crl', write('a', encodePem('X509 CRL', crl(MIDDLE)))), 'no');
  assert.equal(await run('--crl', write('b', crl(MIDDLE, LEAF))), 'ERR_CERT_REVOKED');
  assert.equal(await run('--crl', write('a', crl(MIDDLE)), '--crl', write('b', crl(ROOT, MIDDLE))), 'ERR_CERT_REVOKED');
  assert.equal(await run('--crl', write('a', crl(ROOT))), 'ERR_CERT_REVOCATION_UNKNOWN');
  assert.equal(await run('--ocsp', write('c', ocsp('good'))), 'no');
  assert.equal(await run('--ocsp', write('c', ocsp('revoked'))), 'ERR_CERT_REVOKED');
});

test('what cannot be used is a usage error', async (t) => {
  const write = folderFor(t);
  const chain = write('chain.pem', pem(LEAF.der));
  for (const [args, sentence] of [
    [[], /^usage: verify needs a file/],
    [[chain, '--time', 'soon'], /^usage: --time is a date/],
    [[chain, '--purpose', 'mail'], /^usage: --purpose is server or client/],
    [[chain, '--ca', '/nowhere'], /^usage: --ca \/nowhere: /],
    [[chain, '--policy', 'any'], /^ERR_USAGE: policies/],
    [[chain, '--pin', 'x'], /^ERR_USAGE: a pin/],
    [[chain, '--fast'], /^usage: .*--fast/],
    [[write('key.pem', encodePem('PUBLIC KEY', LEAF.der))], /^usage: .*no certificate/],
    [[write('cut.pem', '-----BEGIN CERTIFICATE-----\nMII=\n')], /^ERR_CONFIG_PEM: /],
  ] as const) {
    const { code, stderr } = await isotls(['verify', ...args]);
    assert.equal(code, 1, String(sentence));
    assert.match(stderr, sentence);
  }
});
