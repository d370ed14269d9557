/**
 * Messages as full as the limit allows: lists of thousands of entries where a few would do.
 *
 * @module
 */
import { createCredential } from '../../src/certs/credential.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import * as encode from '../../src/wire/extensions.ts';
import { encodeHandshake } from '../../src/wire/message.ts';
import type { CertificateRequest13, ClientHello, Extension } from '../../src/wire/messages.ts';
import { DAY, forge, root } from '../certs/forge.ts';
import { NAME, NOW } from '../connection/pair.ts';
import { joined, plainRecord, type Scenario, TYPE } from '../connection/rogue.ts';
import { FULL, MUTUAL, messageOf, scriptOf } from '../connection/script.ts';
import { bodyOf, edit, having, opaque } from '../handshake/refusal.ts';
import { firstHello } from './floods.ts';

/** A hello with an extension that nobody knows, of so many bytes of body in all. */
export function helloOf(length: number): Uint8Array {
  return edit<ClientHello>(firstHello, (hello) => {
    const bare = encodeHandshake(having(hello, opaque(0x7777)));
    return encodeHandshake(having(hello, { type: 0x7777, body: new Uint8Array(length + 4 - bare.length) }));
  });
}

/** A message in pieces of so many bytes. */
export function piecesOf(raw: Uint8Array, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(raw.length / size) }, (_, i) => raw.subarray(i * size, (i + 1) * size));
}

/** A message in plaintext records with so many bytes of it each. */
export function recordsOf(raw: Uint8Array, size: number): Uint8Array {
  return joined(...piecesOf(raw, size).map((part) => plainRecord(TYPE.handshake, part)));
}

/** 16-bit numbers that mean nothing. */
function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => 0x8000 + i);
}

/** Extensions of types that nobody knows. */
function unknown(bytes: number): readonly Extension[] {
  return numbers(Math.floor(bytes / 4)).map((type) => opaque(type));
}

const X25519 = 0x001d;

/** ClientHellos with about so many bytes of one thing. */
export const STUFFED_HELLOS: Readonly<Record<string, (hello: ClientHello, bytes: number) => ClientHello>> = {
  'cipher suites': (hello, bytes) => ({ ...hello, cipherSuites: [...numbers(bytes / 2), ...hello.cipherSuites] }),
  groups: (hello, bytes) => having(hello, encode.supportedGroupsExtension([...numbers(bytes / 2), X25519])),
  // Each share is for a group that is listed, and each is looked up.
  'groups with shares': (hello, bytes) => {
    const groups = numbers(Math.floor(bytes / 7));
    const shares = groups.map((group) => ({ group, keyExchange: Uint8Array.of(1) })).reverse();
    const own = bodyOf(hello, 51).subarray(2);
    const body = encode.keyShareExtension(shares).body.subarray(2);
    const length = own.length + body.length;
    return having(hello, encode.supportedGroupsExtension([...groups, X25519]), {
      type: 51,
      body: joined(Uint8Array.of(length >> 8, length), own, body),
    });
  },
  'signature schemes': (hello, bytes) => {
    const own = bodyOf(hello, 13).subarray(2);
    const body = new Uint8Array(bytes).fill(0x77);
    const length = own.length + body.length;
    return having(hello, { type: 13, body: joined(Uint8Array.of(length >> 8, length), body, own) });
  },
  protocols: (hello, bytes) => {
    const names = Array.from({ length: Math.floor(bytes / 4) }, (_, i) =>
      String.fromCharCode(97 + (i % 26), 0x61 + (i >> 9), 0x61),
    );
    return having(hello, encode.alpnExtension([...names, 'http/1.1']));
  },
  extensions: (hello, bytes) => ({ ...hello, extensions: [...(hello.extensions ?? []), ...unknown(bytes)] }),
};

/** What a server asks a client in MUTUAL, stuffed. */
export const STUFFED_REQUESTS: Readonly<
  Record<string, (request: CertificateRequest13, bytes: number) => CertificateRequest13>
> = {
  extensions: (request, bytes) => ({ ...request, extensions: [...(request.extensions ?? []), ...unknown(bytes)] }),
  authorities: (request, bytes) =>
    having(
      request,
      // The empty name: a SEQUENCE without content.
      encode.certificateAuthoritiesExtension(
        Array.from({ length: Math.floor(bytes / 4) }, () => Uint8Array.of(0x30, 0)),
      ),
    ),
};

export const clientHello = (change: (hello: ClientHello) => ClientHello): Uint8Array =>
  edit<ClientHello>(firstHello, change);

export const certificateRequest = (change: (request: CertificateRequest13) => CertificateRequest13): Uint8Array =>
  edit<CertificateRequest13>(messageOf(scriptOf(MUTUAL).server, 'certificate_request'), change);

/** A leaf, and four authorities of one name, each of whose keys is certified by the three others and by itself. */
function lookalikes(): { readonly scenario: Scenario; readonly judge: Scenario } {
  const validity = { notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + DAY) };
  const roots = Array.from({ length: 4 }, () => root({ subject: 'CN=A', kind: 'ed25519', ...validity }));
  const [first] = roots;
  if (first === undefined) throw new Error('an authority is needed');
  const crossed = roots.flatMap((issuer) =>
    roots
      .filter(({ key }) => key !== issuer.key)
      .map(({ key }) => root({ subject: 'CN=A', kind: 'ed25519', key, issuer, ...validity })),
  );
  const leaf = forge({ issuer: first, names: [NAME], ...validity });
  const chain = [leaf, ...crossed, ...roots.slice(0, 3)].map(({ der }) => der);
  const shown = createCredential({ certificates: chain, key: leaf.key });
  const scenario: Scenario = { ...FULL, server: { ...FULL.server, credentials: [shown] } };
  const trust = createTrustStore([root({ subject: 'CN=Another', ...validity }).der]);
  return { scenario, judge: { ...scenario, client: { ...scenario.client, decide: {}, trust } } };
}

export const LOOKALIKES: ReturnType<typeof lookalikes> = lookalikes();
