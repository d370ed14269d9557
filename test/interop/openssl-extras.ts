/**
 * What s_server and s_client of OpenSSL do in TLS 1.2 beyond a handshake and data.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { createRevocationPolicy } from '../../src/certs/revocation.ts';
import { TlsError } from '../../src/errors/errors.ts';
import { run, start, startOpensslServer } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { assertResumed12, assertSameKeyLog, client12, ocspResponse, server12 } from './ends12.ts';
import { EXPORTER_LABEL, type Extra } from './peer.ts';
import { connectOwn, REQUEST, scratch, serveOwn } from './resumption-ends.ts';

/** Bytes of protection around a record's content: nonce and tag of AES-GCM. */
const OVERHEAD = 24;

/** Our client and s_server. */
export function opensslServerExtras(authority: InteropAuthority): readonly Extra[] {
  const serve = (t: TestContext, args: readonly string[], www = false) =>
    startOpensslServer(t, { credential: authority.server('p256'), version: '-tls1_2', www, args });
  const resumes = async (t: TestContext, args: readonly string[]): Promise<void> => {
    const server = await serve(t, args, true);
    const file = scratch()('session');
    const own = ['--ca', authority.ca, '--max-version', '1.2', '--session-out', file];
    const first = await connectOwn(server.port, own, REQUEST);
    assertResumed12(first.facts, false);
    for (const turn of [1, 2]) {
      const { facts, text } = await connectOwn(server.port, [...own, '--session-in', file], REQUEST);
      assertResumed12(facts);
      assert.match(text, /Reused, TLSv1\.2/, `turn ${turn}`);
    }
  };
  return [
    { label: 'resumed by ticket', proves: ['resumed by ticket'], run: (t) => resumes(t, []) },
    { label: 'resumed by session ID', proves: ['resumed by ID'], run: (t) => resumes(t, ['-no_ticket']) },
    {
      label: 'a stapled OCSP response',
      proves: ['staple'],
      async run(t) {
        const response = ocspResponse(authority);
        const server = await serve(t, ['-status_file', response], true);
        const own = ['--ca', authority.ca, '--max-version', '1.2', '--ocsp'];
        const { facts } = await connectOwn(server.port, own, REQUEST);
        assert.equal(facts['ocspStapleBytes'], statSync(response).size);
        // And it says of the leaf what a policy asks.
        const judged = await client12(t, authority, server, {
          revocation: createRevocationPolicy({ mode: 'hard', demand: 'leaf' }),
        });
        assert.equal((await judged.established).verdict?.ok, true);
      },
    },
    {
      label: 'no staple where one is demanded',
      proves: ['staple'],
      async run(t) {
        const server = await serve(t, [], true);
        const own = await client12(t, authority, server, {
          revocation: createRevocationPolicy({ mode: 'hard', demand: 'leaf' }),
        });
        const ending = await own.ending;
        assert.ok(ending instanceof TlsError);
        assert.match(ending.code, /^ERR_CERT_/);
      },
    },
    {
      label: 'a renegotiation that the peer asks for: refused, which OpenSSL takes for the end',
      proves: ['renegotiation refused'],
      async run(t) {
        const server = await serve(t, []);
        const own = await client12(t, authority, server);
        await own.established;
        await own.write(Buffer.from('before\n'));
        await server.until(/before/);
        server.child.stdin?.write('r\n');
        const ending = await own.ending;
        assert.ok(ending instanceof TlsError);
        assert.equal(ending.code, 'ERR_TLS_PEER_ALERT');
        assert.deepEqual(own.ownAlerts, ['no_renegotiation']);
        assert.deepEqual(own.alerts, ['handshake_failure']);
        await server.until(/no renegotiation/);
      },
    },
    {
      label: 'max_fragment_length of 512',
      proves: ['fragment length'],
      async run(t) {
        const trace = scratch()('trace');
        const server = await serve(t, ['-rev', '-trace', '-msgfile', trace]);
        const own = await client12(t, authority, server, { maxFragmentLength: 512 });
        await own.established;
        await own.write(Buffer.from(`${'x'.repeat(5000)}\n`));
        await own.readExactly(5001);
        own.close();
        await own.ending;
        await server.stop();
        assertFragments(readFileSync(trace, 'latin1'), 512);
      },
    },
    {
      label: 'the same key log',
      proves: ['key log'],
      async run(t) {
        const file = scratch()('keys');
        const server = await serve(t, ['-rev', '-keylogfile', file]);
        const own = await client12(t, authority, server, { keyLog: true });
        await own.established;
        await own.write(Buffer.from('abc\n'));
        await own.readExactly(4);
        assertSameKeyLog(own, file);
      },
    },
    {
      label: 'the same exported key',
      proves: ['exporter'],
      async run(t) {
        const server = await serve(t, ['-keymatexport', EXPORTER_LABEL, '-keymatexportlen', '32']);
        const own = await client12(t, authority, server);
        await own.established;
        const [, exported = ''] = await server.until(/Keying material: ([0-9A-F]{64})/);
        const ours = own.connection.exportKeyingMaterial(EXPORTER_LABEL, null, 32);
        assert.equal(Buffer.from(ours).toString('hex'), exported.toLowerCase());
      },
    },
  ];
}

/** s_client and our server. */
export function opensslClientExtras(authority: InteropAuthority): readonly Extra[] {
  const arguments12 = (port: number, args: readonly string[]): readonly string[] => [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-tls1_2'],
    ...['-CAfile', authority.ca, '-verify_return_error', ...args],
  ];
  const visit = (port: number, args: readonly string[]) =>
    run('openssl', arguments12(port, ['-ign_eof', ...args]), { stdin: REQUEST });
  return [
    {
      label: 'resumed by ticket across a restart',
      proves: ['resumed by ticket'],
      async run(t) {
        const file = scratch();
        const own = ['--www', '--max-version', '1.2', '--ticket-keys', file('keys')];
        const before = await serveOwn(t, authority, own);
        const first = await visit(before.port, ['-sess_out', file('s')]);
        assert.match(first.stdout.toString(), /^New, TLSv1\.2/m);
        assertResumed12((await before.connections(1))[0], false);
        await before.stop();
        const after = await serveOwn(t, authority, own);
        for (const turn of [1, 2]) {
          const next = await visit(after.port, ['-sess_in', file('s'), '-sess_out', file('s')]);
          assert.match(next.stdout.toString(), /^Reused, TLSv1\.2/m);
          assertResumed12((await after.connections(turn))[turn - 1]);
        }
      },
    },
    {
      label: 'resumed by session ID',
      proves: ['resumed by ID'],
      async run(t) {
        const file = scratch();
        const server = await serveOwn(t, authority, ['--www', '--max-version', '1.2', '--session-cache']);
        const first = await visit(server.port, ['-sess_out', file('s')]);
        assert.doesNotMatch(first.stdout.toString(), /TLS session ticket:/);
        const second = await visit(server.port, ['-sess_in', file('s')]);
        assert.match(second.stdout.toString(), /^Reused, TLSv1\.2/m);
        const [full, resumed] = await server.connections(2);
        assertResumed12(full, false);
        assertResumed12(resumed);
      },
    },
    {
      label: 'a stapled OCSP response',
      proves: ['staple'],
      async run(t) {
        const own = ['--www', '--max-version', '1.2', '--ocsp', ocspResponse(authority)];
        const server = await serveOwn(t, authority, own);
        const asked = (await visit(server.port, ['-status'])).stdout.toString();
        assert.match(asked, /OCSP Response Status: successful \(0x0\)/);
        assert.match(asked, /Cert Status: good/);
        // Nobody gets what was not asked for: s_client would end the connection.
        assert.match((await visit(server.port, [])).stdout.toString(), /HTTP\/1\.0 200 OK/);
      },
    },
    {
      label: 'a renegotiation that the peer begins: refused, which OpenSSL takes for the end',
      proves: ['renegotiation refused'],
      async run(t) {
        const listener = await server12(t, authority);
        const client = start(t, 'openssl', arguments12(listener.port, ['-legacy_renegotiation']));
        const own = await listener.next();
        await own.established;
        client.child.stdin?.write('R\n');
        const ending = await own.ending;
        assert.ok(ending instanceof TlsError);
        assert.equal(ending.code, 'ERR_TLS_PEER_ALERT');
        assert.deepEqual(own.ownAlerts, ['no_renegotiation']);
        assert.deepEqual(own.alerts, ['handshake_failure']);
        await client.until(/no renegotiation/);
      },
    },
    {
      label: 'max_fragment_length of 512',
      proves: ['fragment length'],
      async run(t) {
        const trace = scratch()('trace');
        const own = ['--www', '--max-version', '1.2', '--reply-size', '5000'];
        const server = await serveOwn(t, authority, own);
        const client = await visit(server.port, ['-maxfraglen', '512', '-trace', '-msgfile', trace]);
        assert.match(client.stdout.toString(), /HTTP\/1\.0 200 OK/);
        assertFragments(readFileSync(trace, 'latin1'), 512);
      },
    },
    {
      label: 'the same key log',
      proves: ['key log'],
      async run(t) {
        const file = scratch()('keys');
        const listener = await server12(t, authority, { keyLog: true });
        const client = start(t, 'openssl', arguments12(listener.port, ['-keylogfile', file]));
        const own = await listener.next();
        await own.established;
        await client.until(/Verify return code: 0/);
        assertSameKeyLog(own, file);
      },
    },
    {
      label: 'the same exported key',
      proves: ['exporter'],
      async run(t) {
        const listener = await server12(t, authority);
        const args = ['-keymatexport', EXPORTER_LABEL, '-keymatexportlen', '32'];
        const client = start(t, 'openssl', arguments12(listener.port, args));
        const own = await listener.next();
        await own.established;
        const [, exported = ''] = await client.until(/Keying material: ([0-9A-F]{64})/);
        const ours = own.connection.exportKeyingMaterial(EXPORTER_LABEL, null, 32);
        assert.equal(Buffer.from(ours).toString('hex'), exported.toLowerCase());
      },
    },
    {
      label: 'static RSA works exactly when it is listed',
      proves: ['TLS_RSA_WITH_AES_128_GCM_SHA256'],
      async run(t) {
        const { chain, key } = authority.server('rsa2048');
        const own = ['--www', '--max-version', '1.2', '--cert', chain, '--key', key];
        const listed = ['--cipher-suites', 'TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'];
        for (const more of [listed, []]) {
          const server = await serveOwn(t, authority, [...own, ...more]);
          const { stdout, stderr } = await visit(server.port, ['-cipher', 'AES128-GCM-SHA256']);
          if (more === listed) assert.match(stdout.toString(), /"cipherSuite":"TLS_RSA_WITH_AES_128_GCM_SHA256"/);
          else assert.match(stderr, /handshake failure/);
        }
      },
    },
  ];
}

/** What a trace of OpenSSL says of a connection with max_fragment_length: agreed on, and kept in both directions. */
function assertFragments(trace: string, length: number): void {
  const hello = trace.slice(trace.indexOf('ServerHello, Length='));
  assert.match(hello, /extension_type=max_fragment_length\(1\), length=1/);
  for (const direction of ['Sent', 'Received']) {
    const lengths = [...trace.matchAll(DATA_RECORD)]
      .filter(([, which]) => which === direction)
      .map(([, , bytes]) => Number(bytes));
    assert.ok(lengths.length > 0, `${direction} no data`);
    assert.ok(Math.max(...lengths) <= length + OVERHEAD, `${direction} records of ${Math.max(...lengths)} bytes`);
  }
}

const DATA_RECORD =
  /^(Sent|Received) Record\nHeader:\n.*\n {2}Content Type = ApplicationData \(23\)\n {2}Length = (\d+)/gm;
