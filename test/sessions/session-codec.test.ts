import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSession, ServerSession } from '../../src/sessions/session.ts';
import {
  decodeClientSession,
  decodeServerSession,
  encodeClientSession,
  encodeServerSession,
} from '../../src/sessions/session-codec.ts';
import { seeded } from '../crypto/randomness.ts';

const random = seeded('session codec');
const COMMON = {
  version: 'TLS 1.3',
  cipherSuite: 'TLS_AES_256_GCM_SHA384',
  psk: random(48),
  extendedMainSecret: true,
  ageAdd: 0xffffffff,
  lifetime: 604_800,
  maxEarlyData: 0xffffffff,
  alpn: null,
  serverName: 'server.test',
  policy: 'ü',
  authenticatedAt: Date.UTC(2026, 10, 22),
  peerCertificates: [random(300), random(1)],
  peerExpires: null,
} as const;
const CLIENT: ClientSession = {
  ...COMMON,
  kind: 'client-session',
  ticket: random(200),
  sessionId: new Uint8Array(0),
  receivedAt: Date.UTC(2026, 10, 22) + 1,
  name: 'server.test',
};
const SERVER: ServerSession = {
  ...COMMON,
  kind: 'server-session',
  issuedAt: Date.UTC(2026, 10, 22) + 1,
  id: null,
};

for (const [what, bytes, decode, session] of [
  ['client', encodeClientSession(CLIENT), decodeClientSession, CLIENT],
  ['server', encodeServerSession(SERVER), decodeServerSession, SERVER],
] as const) {
  test(`a ${what}'s session is read as it was written; what is cut, longer or changed never throws`, () => {
    assert.deepEqual(decode(bytes), session);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decode(bytes.slice(0, length)), null, `${length}`);
    assert.equal(decode(Uint8Array.of(...bytes, 0)), null);
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff, (bytes[at] ?? 0) ^ 1]) {
        const changed = bytes.slice();
        changed[at] = value;
        decode(changed);
      }
    }
    for (let i = 0; i < 2_000; i++) decode(random(i % 400));
  });
}

test('one kind of session is not read as the other', () => {
  assert.equal(decodeServerSession(encodeClientSession(CLIENT)), null);
  assert.equal(decodeClientSession(encodeServerSession(SERVER)), null);
});
