/**
 * Revocation policies over whole paths; and openssl's CRLs and OCSP responses read, ours read by openssl.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { decodeCrl } from '../../src/certs/crl.ts';
import { encodeNull } from '../../src/certs/der-encode.ts';
import type { OcspInput } from '../../src/certs/issue-status.ts';
import { decodeOcspResponse } from '../../src/certs/ocsp-response.ts';
import { decodePem, encodePem } from '../../src/certs/pem.ts';
import {
  checkRevocation,
  createRevocationPolicy,
  expectRevocationPolicy,
  type RevocationPolicy,
} from '../../src/certs/revocation.ts';
import { TlsConfigError, TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { hasTool } from '../peers.ts';
import { type Entity, forge, intermediate, NOW, root, server } from './forge.ts';
import { contextAt, crlOf, ocspOf, refusalOf, scratch, TOMORROW, YESTERDAY } from './status.ts';

const top = root();
const middle = intermediate(top);
const leaf = server(middle);
const path = [leaf, middle, top];
const revoked = (entity: Entity) => [{ serial: entity.certificate.serial, date: YESTERDAY }];
const code = (of: readonly Entity[], policy: RevocationPolicy) => refusalOf(of, policy)?.code ?? null;

suite('modes', () => {
  test('ignore checks nothing, soft refuses what is proven, hard what is not disproven', () => {
    const stale = { thisUpdate: YESTERDAY, nextUpdate: YESTERDAY };
    const sources: readonly (readonly [Omit<RevocationPolicy, 'mode'>, soft: string | null, hard: string | null])[] = [
      [{}, null, 'ERR_CERT_REVOCATION_UNKNOWN'],
      [{ crls: [crlOf(middle), crlOf(top)] }, null, null],
      [{ crls: [crlOf(middle, { revoked: revoked(leaf) }), crlOf(top)] }, 'ERR_CERT_REVOKED', 'ERR_CERT_REVOKED'],
      [{ crls: [crlOf(middle), crlOf(top, { revoked: revoked(middle) })] }, 'ERR_CERT_REVOKED', 'ERR_CERT_REVOKED'],
      [{ crls: [crlOf(middle, stale), crlOf(top)] }, null, 'ERR_CERT_CRL_EXPIRED'],
      [{ crls: [crlOf(middle)] }, null, 'ERR_CERT_REVOCATION_UNKNOWN'],
      [{ crls: [Uint8Array.of(1)] }, null, 'ERR_CERT_CRL_DECODE'],
      [{ crls: [crlOf(top)], ocspResponse: ocspOf(middle, leaf.certificate) }, null, null],
      [{ crls: [crlOf(top)], ocspResponse: Uint8Array.of(1) }, null, 'ERR_CERT_OCSP_DECODE'],
      [{ crls: [crlOf(middle), crlOf(top)], ocspResponse: Uint8Array.of(1) }, null, null],
    ];
    for (const [source, soft, hard] of sources) {
      assert.equal(code(path, { mode: 'ignore', ...source }), null);
      assert.equal(code(path, { mode: 'soft', ...source }), soft);
      assert.equal(code(path, { mode: 'hard', ...source }), hard);
    }
  });

  test('one proof of a revocation counts, whatever else is said', () => {
    const crls = [crlOf(middle), crlOf(top)];
    const says = (status: 'good' | 'revoked') =>
      ocspOf(middle, leaf.certificate, { responses: [{ certificate: leaf.certificate, status }] });
    assert.equal(code(path, { mode: 'soft', crls, ocspResponse: says('revoked') }), 'ERR_CERT_REVOKED');
    const proof = [crlOf(middle), crlOf(middle, { revoked: revoked(leaf) })];
    assert.equal(code(path, { mode: 'soft', crls: proof, ocspResponse: says('good') }), 'ERR_CERT_REVOKED');
  });

  test('hard may be about the leaf alone; a revoked authority refuses all the same', () => {
    const policy = { mode: 'hard', demand: 'leaf' } as const;
    assert.equal(code(path, { ...policy, crls: [crlOf(middle)] }), null);
    assert.equal(code(path, { ...policy, crls: [crlOf(top)] }), 'ERR_CERT_REVOCATION_UNKNOWN');
    assert.equal(
      code(path, { ...policy, crls: [crlOf(middle), crlOf(top, { revoked: revoked(middle) })] }),
      'ERR_CERT_REVOKED',
    );
  });

  test('the anchor is not asked about, and a trusted leaf is one', () => {
    assert.equal(code([top], { mode: 'hard', requireStaple: true }), null);
    assert.equal(code([leaf, middle], { mode: 'hard', crls: [crlOf(middle)] }), null);
  });

  test('what is about this certificate is named before what is about others', () => {
    const scoped = crlOf(middle, { scope: { onlyAuthorities: true } });
    const stale = crlOf(middle, { nextUpdate: YESTERDAY });
    assert.equal(code(path, { mode: 'hard', crls: [scoped] }), 'ERR_CERT_CRL_SCOPE');
    assert.equal(code(path, { mode: 'hard', crls: [scoped, stale] }), 'ERR_CERT_CRL_EXPIRED');
    const other = ocspOf(middle, server(middle).certificate);
    assert.equal(code(path, { mode: 'hard', ocspResponse: other, crls: [stale] }), 'ERR_CERT_CRL_EXPIRED');
    assert.equal(code(path, { mode: 'hard', ocspResponse: other, crls: [] }), 'ERR_CERT_OCSP_OTHER_CERTIFICATE');
    // The staple is the leaf's; that it says nothing of an authority is no fault of it.
    const good = ocspOf(middle, leaf.certificate);
    assert.equal(code(path, { mode: 'hard', ocspResponse: good }), 'ERR_CERT_REVOCATION_UNKNOWN');
  });

  test('alerts', () => {
    const alert = (policy: RevocationPolicy) => refusalOf(path, policy)?.alert;
    assert.equal(alert({ mode: 'hard' }), 'certificate_unknown');
    assert.equal(alert({ mode: 'soft', crls: [crlOf(middle, { revoked: revoked(leaf) })] }), 'certificate_revoked');
    assert.equal(alert({ mode: 'hard', ocspResponse: Uint8Array.of(1) }), 'bad_certificate_status_response');
    assert.equal(alert({ mode: 'soft', requireStaple: true }), 'bad_certificate_status_response');
  });
});

suite('staples', () => {
  const stapled = server(top, { tlsFeatures: [5] });
  const ways = (policy: Omit<RevocationPolicy, 'mode'>) =>
    (['ignore', 'soft', 'hard'] as const).map((mode) => code([stapled, top], { mode, crls: [crlOf(top)], ...policy }));

  test('RFC 7633: must-staple, in any mode but ignore', () => {
    const { certificate } = stapled;
    const status = (of: 'revoked' | 'unknown') =>
      ocspOf(top, certificate, { responses: [{ certificate, status: of }] });
    const none = ['ERR_CERT_STAPLE_REQUIRED', 'ERR_CERT_STAPLE_REQUIRED'];
    assert.deepEqual(ways({}), [null, ...none]);
    assert.deepEqual(ways({ requireStaple: false }), [null, null, null]);
    assert.deepEqual(ways({ ocspResponse: ocspOf(top, certificate) }), [null, null, null]);
    assert.deepEqual(ways({ ocspResponse: status('unknown') }), [
      null,
      'ERR_CERT_OCSP_UNKNOWN',
      'ERR_CERT_OCSP_UNKNOWN',
    ]);
    assert.deepEqual(ways({ ocspResponse: status('revoked') }), [null, 'ERR_CERT_REVOKED', 'ERR_CERT_REVOKED']);
    const other = ocspOf(top, server(top).certificate);
    const elsewhere = 'ERR_CERT_OCSP_OTHER_CERTIFICATE';
    assert.deepEqual(ways({ ocspResponse: other }), [null, elsewhere, elsewhere]);
  });

  test('another feature is no promise of a staple; an authority promises none', () => {
    assert.equal(code([server(top, { tlsFeatures: [17] }), top], { mode: 'soft' }), null);
    const strict = intermediate(top, { tlsFeatures: [5] });
    assert.equal(code([server(strict), strict, top], { mode: 'soft' }), null);
    assert.equal(code([server(top, { tlsFeatures: [5], purposes: ['clientAuth'] }), top], { mode: 'soft' }), null);
    assert.equal(code([forge({ issuer: top, tlsFeatures: [5] }), top], { mode: 'soft' }), 'ERR_CERT_STAPLE_REQUIRED');
  });

  test('requireStaple asks it of every leaf', () => {
    assert.equal(code(path, { mode: 'soft', requireStaple: true }), 'ERR_CERT_STAPLE_REQUIRED');
    const ocspResponse = ocspOf(middle, leaf.certificate);
    assert.equal(code(path, { mode: 'soft', requireStaple: true, ocspResponse }), null);
  });
});

test('RFC 9608: where nothing is published, nothing is demanded; but not of an authority', () => {
  const noRevAvail = [{ oid: '2.5.29.56', critical: false, value: encodeNull() }];
  const brief = server(top, { extraExtensions: noRevAvail });
  assert.equal(code([brief, top], { mode: 'hard' }), null);
  const authority = intermediate(top, { extraExtensions: noRevAvail });
  assert.equal(code([authority, top], { mode: 'hard' }), 'ERR_CERT_REVOCATION_UNKNOWN');
});

test('a budget that is used up ends the check', () => {
  const account = {
    signature(): void {
      throw new TlsError('ERR_CERT_BUDGET');
    },
  };
  const refused = (policy: RevocationPolicy) => refusalOf(path, policy, { ...contextAt(), account })?.code;
  assert.equal(refused({ mode: 'soft', crls: [crlOf(middle)] }), 'ERR_CERT_BUDGET');
  assert.equal(refused({ mode: 'soft', ocspResponse: ocspOf(middle, leaf.certificate) }), 'ERR_CERT_BUDGET');
  const responder = forge({ subject: 'CN=Responder', issuer: middle, purposes: ['ocspSigning'] });
  assert.equal(
    refused({ mode: 'soft', ocspResponse: ocspOf(middle, leaf.certificate, { responder }) }),
    'ERR_CERT_BUDGET',
  );
});

test('a policy is checked when it is made, and its lists are decoded once', () => {
  const policy = createRevocationPolicy({ mode: 'hard', crls: [crlOf(middle), crlOf(top)] });
  const context = contextAt();
  for (let i = 0; i < 3; i++) assert.equal(refusalOf(path, policy, context), null);
  assert.equal(context.signatures, 2);
  assert.deepEqual(createRevocationPolicy(policy), policy, 'what is decoded stays so');
  // By another key, the signature counts again.
  const other = intermediate(root());
  assert.equal(code([server(other), other, top], policy), 'ERR_CERT_CRL_ISSUER');
  assert.ok(Object.isFrozen(policy) && Object.isFrozen(policy.crls));

  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /not a RevocationPolicy/],
    [{}, /mode is ignore, soft or hard/],
    [{ mode: 'Hard' }, /mode is ignore, soft or hard/],
    [{ mode: 'hard', crl: [] }, /no option crl/],
    [{ mode: 'hard', crls: ['text'] }, /crls is not a list/],
    [{ mode: 'hard', crls: crlOf(top) }, /crls is not a list/],
    [{ mode: 'hard', ocspResponse: 'text' }, /ocspResponse is not bytes/],
    [{ mode: 'hard', ocspNonce: 1 }, /ocspNonce is not bytes/],
    [{ mode: 'hard', requireStaple: 1 }, /requireStaple is a boolean/],
    [{ mode: 'hard', demand: 'none' }, /demand is leaf or path/],
    [{ mode: 'hard', clockSkew: -1 }, /clockSkew is not seconds/],
    [{ mode: 'hard', maxAge: Number.NaN }, /maxAge is not seconds/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => createRevocationPolicy(options as RevocationPolicy),
      (error) => {
        assert.ok(error instanceof TlsConfigError && error.code === 'ERR_CONFIG');
        assert.match(error.message, message);
        return true;
      },
    );
    assert.throws(
      () => expectRevocationPolicy(options),
      (error) => error instanceof TlsUsageError,
    );
  }
  assert.throws(
    () => createRevocationPolicy({ mode: 'soft', crls: [crlOf(top), leaf.der] }),
    (error) => error instanceof TlsConfigError && /crls\[1\]/.test(error.message),
  );
});

suite('openssl', () => {
  const pem = (...entities: readonly Entity[]) => entities.map(({ der }) => encodePem('CERTIFICATE', der)).join('');
  const at = String(NOW.getTime() / 1000);

  test('reads our CRLs, and refuses what they revoke', (t) => {
    if (!hasTool(t, 'openssl')) return;
    const files = scratch('crl');
    files.write('root.pem', pem(top));
    files.write('middle.pem', pem(middle));
    files.write('leaf.pem', pem(leaf));
    const verify = (...crls: readonly Uint8Array[]) => {
      files.write('crls.pem', crls.map((der) => encodePem('X509 CRL', der)).join(''));
      const args = ['-x509_strict', '-attime', at, '-crl_check_all', '-CAfile', 'root.pem', '-untrusted', 'middle.pem'];
      return files.openssl('verify', ...args, '-CRLfile', 'crls.pem', 'leaf.pem');
    };
    const both = [
      [crlOf(top), crlOf(middle), null],
      [
        crlOf(top),
        crlOf(middle, {
          revoked: [{ ...revoked(leaf)[0], serial: leaf.certificate.serial, date: YESTERDAY, reason: 'superseded' }],
        }),
        /certificate revoked/,
      ],
      [crlOf(top, { revoked: revoked(middle) }), crlOf(middle), /certificate revoked/],
      [crlOf(top), crlOf(middle, { nextUpdate: YESTERDAY }), /CRL has expired/],
      [crlOf(top), crlOf(middle, { thisUpdate: TOMORROW, nextUpdate: null }), /CRL is not yet valid/],
      [crlOf(top), crlOf(middle, { scope: { onlyUserCertificates: true } }), null],
      [crlOf(top), crlOf(middle, { scope: { onlyAuthorities: true } }), /different CRL scope/i],
      [crlOf(top), crlOf(middle, { scope: { names: [{ uri: 'http://x.example/' }] } }), /different CRL scope/i],
      [
        crlOf(top),
        crlOf(middle, { extraExtensions: [{ oid: '1.2.3.4', critical: true, value: encodeNull() }] }),
        /unhandled critical CRL extension/i,
      ],
    ] as const;
    for (const [first, second, refusal] of both) {
      const { ok, text } = verify(first, second);
      assert.equal(ok, refusal === null, text);
      if (refusal !== null) assert.match(text, refusal);
      // And so do we, each time.
      assert.equal(code(path, { mode: 'hard', crls: [first, second] }) === null, ok, text);
    }
    const { text } = files.openssl('crl', '-in', 'crls.pem', '-noout', '-text');
    assert.match(text, /Issuer: CN ?= ?Root/);
    assert.match(text, /X509v3 CRL Number/);
    t.diagnostic(`openssl: ${both.length} pairs of our CRLs judged as we do`);
  });

  test('reads our OCSP responses, and sees who may sign them', (t) => {
    if (!hasTool(t, 'openssl')) return;
    const files = scratch('ocsp');
    files.write('root.pem', pem(top));
    files.write('middle.pem', pem(middle));
    files.write('leaf.pem', pem(leaf));
    files.write('chain.pem', pem(top, middle));
    const { certificate } = leaf;
    const delegate = forge({ subject: 'CN=Responder', issuer: middle, purposes: ['ocspSigning'], ocspNoCheck: true });
    const stranger = forge({ subject: 'CN=Stranger', issuer: middle, purposes: ['serverAuth'] });
    const cases = [
      [{}, /leaf\.pem: good/, null],
      [{ responderId: 'name' }, /leaf\.pem: good/, null],
      [{ responder: delegate }, /leaf\.pem: good/, null],
      [{ responder: stranger }, /missing ocspsigning usage/, 'ERR_CERT_OCSP_RESPONDER'],
      [
        { responses: [{ certificate, status: 'revoked', reason: 'keyCompromise' }] },
        /revoked[\s\S]*keyCompromise/,
        'ERR_CERT_REVOKED',
      ],
      [{ responses: [{ certificate, status: 'unknown' }] }, /leaf\.pem: unknown/, 'ERR_CERT_OCSP_UNKNOWN'],
      [{ responses: [{ certificate, status: 'good', hash: 'sha256' }] }, /leaf\.pem: good/, null],
    ] as const;
    for (const [options, said, refusal] of cases) {
      // openssl compares its times with the machine's clock; so these are around it.
      const now = Date.now();
      const times = { thisUpdate: new Date(now - 1000), nextUpdate: new Date(now + 60_000) };
      const der = ocspOf(middle, certificate, { ...times, ...options });
      files.write('response.der', der);
      const { responses: [status] = [] }: Partial<OcspInput> = options;
      const asked = ['-issuer', 'middle.pem', `-${status?.hash ?? 'sha1'}`, '-cert', 'leaf.pem'];
      const args = ['-respin', 'response.der', ...asked, '-CAfile', 'chain.pem'];
      const { text } = files.openssl('ocsp', ...args, '-partial_chain', '-attime', at, '-no_nonce');
      assert.match(text, said);
      assert.equal(text.includes('Response verify OK'), refusal !== 'ERR_CERT_OCSP_RESPONDER', text);
      assert.equal(
        refusalOf(path, { mode: 'hard', demand: 'leaf', ocspResponse: ocspOf(middle, certificate, options) })?.code ??
          null,
        refusal,
      );
    }
    t.diagnostic(`openssl: ${cases.length} of our OCSP responses judged as we do`);
  });

  test('makes CRLs and OCSP responses that we read', (t) => {
    if (!hasTool(t, 'openssl')) return;
    const files = scratch('openssl-ca');
    files.write('ca.cnf', CA_CONFIG);
    files.write('index.txt', '');
    files.write('serial', '1000\n');
    files.write('crlnumber', '01\n');
    const run = (...args: readonly string[]) => {
      const { ok, text } = files.openssl(...args);
      assert.ok(ok, `openssl ${args.join(' ')}: ${text}`);
    };
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'ca.cnf'];
    run(
      'req',
      '-x509',
      ...ec,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=Authority',
      '-days',
      '60',
      '-extensions',
      'authority',
    );
    const ca = ['ca', '-batch', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key'];
    for (const [name, extensions] of [
      ['a', 'leaf'],
      ['b', 'leaf'],
      ['r', 'responder'],
    ] as const) {
      run('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}.example`);
      run(...ca, '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', '-extensions', extensions);
    }
    run(...ca, '-revoke', 'b.pem', '-crl_reason', 'keyCompromise');
    run(...ca, '-gencrl', '-crlexts', 'crl', '-out', 'crl.pem');
    run(...ca, '-gencrl', '-crlexts', 'scoped', '-out', 'scoped.pem');

    const block = (file: string) => decodePem(new TextDecoder().decode(files.read(file)))[0]?.der ?? new Uint8Array();
    const pathOf = (name: string) => [`${name}.pem`, 'ca.pem'].map((file) => decodeCertificate(block(file)));
    const now = contextAt(new Date());
    const judge = (name: string, policy: RevocationPolicy) => {
      try {
        checkRevocation(pathOf(name), policy, now);
        return null;
      } catch (error) {
        assert.ok(error instanceof TlsError);
        return `${error.code} ${error.detail}`;
      }
    };
    for (const file of ['crl.pem', 'scoped.pem']) {
      assert.equal(judge('a', { mode: 'hard', crls: [block(file)] }), null);
      assert.match(
        judge('b', { mode: 'hard', crls: [block(file)] }) ?? '',
        /^ERR_CERT_REVOKED CN=b\.example: keyCompromise/,
      );
    }
    assert.equal(decodeCrl(block('scoped.pem')).scope?.onlyUserCertificates, true);

    const signers = [
      ['ca', 'ca.pem'],
      ['r', 'r.pem'],
    ] as const;
    for (const [key, signer] of signers) {
      for (const more of [[], ['-resp_key_id'], ['-resp_no_certs'], ['-ndays', '2']]) {
        for (const name of ['a', 'b']) {
          run('ocsp', '-issuer', 'ca.pem', '-cert', `${name}.pem`, '-reqout', 'request.der');
          const index = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', signer, '-rkey', `${key}.key`];
          run('ocsp', ...index, '-reqin', 'request.der', '-respout', 'response.der', ...more);
          const ocspResponse = files.read('response.der');
          const ocspNonce = decodeOcspResponse(ocspResponse).nonce ?? undefined;
          assert.ok(ocspNonce !== undefined && ocspNonce.length >= 16, 'openssl repeats its nonce');
          const said = judge(name, { mode: 'hard', ocspResponse, ocspNonce });
          const nobody = key === 'r' && more.includes('-resp_no_certs');
          if (nobody) assert.match(said ?? '', /^ERR_CERT_OCSP_RESPONDER/);
          else if (name === 'a') assert.equal(said, null);
          else assert.match(said ?? '', /^ERR_CERT_REVOKED CN=b\.example: keyCompromise/);
        }
      }
    }
    t.diagnostic(`openssl: 2 of its CRLs and ${signers.length * 8} of its OCSP responses read`);
  });
});

const CA_CONFIG = `
[req]
distinguished_name = empty
[empty]
[ca]
default_ca = here
[here]
dir = .
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
policy = any
default_days = 30
default_crl_days = 30
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[responder]
basicConstraints = CA:FALSE
extendedKeyUsage = OCSPSigning
noCheck = ignored
[crl]
authorityKeyIdentifier = keyid
[scoped]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical, @scope
[scope]
onlyuser = TRUE
`;
