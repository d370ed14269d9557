/**
 * The flows that `connect --trace` draws: what every introduction to TLS shows, message by message, against s_server. OpenSSL's
 * own list of messages (-msg) has to be the same.
 *
 * @see RFC 5246 §7.3, RFC 9846 §2
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { type InteropAuthority, makeInteropAuthority } from '../interop/authority.ts';
import { ocspResponse } from '../interop/ends12.ts';
import type { CertificateKind } from '../interop/matrix.ts';
import { REQUEST, scratch } from '../interop/resumption-ends.ts';
import { startOpensslServer } from '../peers.ts';
import { isotls } from './in-process.ts';

/** An arrow: its head if it points to the client, its line, which says what protects it, and its title. */
const ARROW = /^ {2}│ (◀?)([─┅═━])[─┅═━]? (.+?) [─┅═━]+ [\d.]+ (?:bytes?|kB) /gm;

/** "▶ ─ ClientHello": from the client in the clear. */
type Arrow = string;

interface Flow {
  readonly arrows: readonly Arrow[];
  /** The names in OpenSSL's list, by direction; it has no application data. */
  readonly told: { readonly client: readonly string[]; readonly server: readonly string[] };
}

interface Server {
  visit(args: readonly string[]): Promise<Flow>;
}

async function serve(
  t: TestContext,
  authority: InteropAuthority,
  kind: CertificateKind,
  version: '-tls1_2' | '-tls1_3',
  args: readonly string[] = [],
): Promise<Server> {
  const file = scratch()('messages');
  const credential = authority.server(kind);
  const server = await startOpensslServer(t, { credential, version, args: ['-msg', '-msgfile', file, ...args] });
  let read = 0;
  return {
    async visit(own) {
      const target = ['connect', `localhost:${server.port}`, '--ca', authority.ca, '--trace'];
      const result = await isotls([...target, ...own], REQUEST);
      assert.equal(result.code, 0, result.stderr);
      const arrows = [...result.stderr.matchAll(ARROW)].map(([, head, line, title]) => {
        return `${head === '' ? '▶' : '◀'} ${line} ${title}`;
      });
      // The server may still be at our close_notify.
      await eventually(() => {
        const told = messagesIn(readFileSync(file, 'latin1').slice(read));
        const all = told.client.length + told.server.length;
        return all >= arrows.filter((arrow) => !/ application data$|▶ . change_cipher_spec$/.test(arrow)).length;
      });
      const text = readFileSync(file, 'latin1');
      const told = messagesIn(text.slice(read));
      read = text.length;
      return { arrows, told };
    },
  };
}

/** "<<< TLS 1.2, Handshake [length 00a5], ClientHello", "<<< TLS 1.2, ChangeCipherSpec [length 0001]". */
function messagesIn(text: string): Flow['told'] {
  const lines = [
    ...text.matchAll(/^(<<<|>>>) \?*[^,\n]*, (Handshake|ChangeCipherSpec|Alert) \[length \w+\](?:, (.*))?$/gm),
  ];
  const from = (mark: string): readonly string[] =>
    lines
      .filter(([, which]) => which === mark)
      .map(([, , type, name = '']) => {
        if (type === 'ChangeCipherSpec') return 'change_cipher_spec';
        return type === 'Alert' ? `alert ${name.replace('warning ', '')}` : name;
      });
  return { client: from('<<<'), server: from('>>>') };
}

/** The handshake in its order, then what each side sent, whose order between them is a matter of chance. */
function assertFlow({ arrows, told }: Flow, handshake: readonly Arrow[], rest: readonly Arrow[]): void {
  const length = handshake.length;
  assert.deepEqual(arrows.slice(0, length), handshake);
  for (const mark of ['▶', '◀']) {
    const own = (list: readonly Arrow[]) => list.filter((arrow) => arrow.startsWith(mark));
    assert.deepEqual(own(arrows.slice(length)), own(rest));
    const names = own(arrows).map((arrow) => arrow.slice('▶ ─ '.length));
    assert.deepEqual(
      // OpenSSL does not tell of a ChangeCipherSpec that it receives.
      names.filter((name) => name !== 'application data' && (mark === '◀' || name !== 'change_cipher_spec')),
      mark === '▶' ? told.client : told.server,
    );
  }
}

const FINISHED_12 = [
  '▶ ─ ClientKeyExchange',
  '▶ ─ change_cipher_spec',
  '▶ ━ Finished',
  '◀ ─ NewSessionTicket',
  '◀ ─ change_cipher_spec',
  '◀ ━ Finished',
];
const DATA = ['▶ ━ application data', '◀ ━ application data', '◀ ━ alert close_notify', '▶ ━ alert close_notify'];

test('--trace draws TLS 1.2 with RSA key exchange', async (t) => {
  const authority = makeInteropAuthority(t);
  if (authority === null) return;
  const server = await serve(t, authority, 'rsa2048', '-tls1_2');
  const flow = await server.visit(['--cipher-suites', 'TLS_RSA_WITH_AES_128_GCM_SHA256']);
  const hellos = ['▶ ─ ClientHello', '◀ ─ ServerHello', '◀ ─ Certificate', '◀ ─ ServerHelloDone'];
  assertFlow(flow, [...hellos, ...FINISHED_12], DATA);
});

test('--trace draws TLS 1.2 with ECDHE and certificate status, and then resumed', async (t) => {
  const authority = makeInteropAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const server = await serve(t, authority, 'p256', '-tls1_2', ['-status_file', ocspResponse(authority)]);
  const own = ['--max-version', '1.2', '--ocsp', '--session-out', file('session')];
  assertFlow(
    await server.visit(own),
    [
      '▶ ─ ClientHello',
      '◀ ─ ServerHello',
      '◀ ─ Certificate',
      '◀ ─ CertificateStatus',
      '◀ ─ ServerKeyExchange',
      '◀ ─ ServerHelloDone',
      ...FINISHED_12,
    ],
    DATA,
  );
  assertFlow(
    await server.visit([...own, '--session-in', file('session')]),
    [
      '▶ ─ ClientHello',
      '◀ ─ ServerHello',
      '◀ ─ change_cipher_spec',
      '◀ ━ Finished',
      '▶ ─ change_cipher_spec',
      '▶ ━ Finished',
    ],
    DATA,
  );
});

test('--trace draws TLS 1.3, full and resumed', async (t) => {
  const authority = makeInteropAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const server = await serve(t, authority, 'p256', '-tls1_3');
  const own = ['--session-out', file('session')];
  const hellos = ['▶ ─ ClientHello', '◀ ─ ServerHello', '◀ ─ change_cipher_spec', '◀ ═ EncryptedExtensions'];
  const finished = ['◀ ═ Finished', '▶ ─ change_cipher_spec', '▶ ═ Finished'];
  assertFlow(
    await server.visit(own),
    [...hellos, '◀ ═ Certificate', '◀ ═ CertificateVerify', ...finished],
    ['◀ ━ NewSessionTicket', '◀ ━ NewSessionTicket', ...DATA],
  );
  assertFlow(
    await server.visit([...own, '--session-in', file('session')]),
    [...hellos, ...finished],
    ['◀ ━ NewSessionTicket', ...DATA],
  );
});
