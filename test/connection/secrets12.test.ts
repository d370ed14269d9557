/**
 * Secrets of TLS 1.2 that have served are overwritten: premaster and master secrets, keys, ephemeral keys and decrypted blocks.
 *
 * Every secret of the PRF is the key of an HMAC, so a provider that keeps its arguments sees all of them.
 *
 * @see RFC 5246 §8.1, §F.1; RFC 9846 Appendix C.3
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { answer } from './expect.ts';
import { fastProvider } from './fast-provider.ts';
import { answerWell, ask, PLACES_12, replyTo } from './question-places.ts';
import { makeRogue, type Rogue, type Role, type Scenario, TYPE } from './rogue.ts';
import { scriptOf, victimAt } from './script.ts';
import { ID12, MUTUAL12, OPTIONS12, RENEW12, RESUME_ID12, RESUME12, RSA_MUTUAL12, RSA12 } from './script12.ts';

const ROLES: readonly Role[] = ['client', 'server'];
const SCENARIOS = [MUTUAL12, OPTIONS12, RSA12, RSA_MUTUAL12, RESUME12, RENEW12, ID12, RESUME_ID12] as const;
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

interface Kept {
  readonly crypto: CryptoProvider;
  /** The very arrays. */
  readonly secrets: Set<Uint8Array>;
  readonly blocks: Uint8Array[];
  readonly ephemeral: { made: number; wiped: number };
}

function keeping(): Kept {
  const secrets = new Set<Uint8Array>();
  const blocks: Uint8Array[] = [];
  const ephemeral = { made: 0, wiped: 0 };
  const crypto: CryptoProvider = {
    ...fastProvider,
    hmac(hash, key, ...data) {
      secrets.add(key);
      return fastProvider.hmac(hash, key, ...data);
    },
    rsaDecryptRaw(key, ciphertext, random) {
      const block = fastProvider.rsaDecryptRaw(key, ciphertext, random);
      blocks.push(block);
      return block;
    },
    keyExchange(group) {
      const exchange = fastProvider.keyExchange(group);
      return {
        ...exchange,
        generate(random) {
          const key = exchange.generate(random);
          ephemeral.made++;
          return { ...key, wipe: () => void ephemeral.wiped++ };
        },
      };
    },
  };
  return { crypto, secrets, blocks, ephemeral };
}

function assertForgotten({ secrets, blocks, ephemeral }: Kept, rogue: Rogue, what: string): void {
  assert.deepEqual(
    [...secrets].filter((secret) => !isZero(secret)),
    [],
    `${what}: a secret is left`,
  );
  assert.deepEqual(
    blocks.filter((block) => !isZero(block)),
    [],
    `${what}: a block is left`,
  );
  assert.ok(ephemeral.wiped >= ephemeral.made, `${what}: ${ephemeral.made} ephemeral keys, ${ephemeral.wiped} wiped`);
  for (const { original, direction } of rogue.watch.keys) assert.ok(isZero(original), `${what}: ${direction} keys`);
}

const ENDS: readonly ((rogue: Rogue) => void)[] = [
  (rogue) => rogue.took(rogue.victim.connection.abort('internal_error')),
  (rogue) => rogue.took(rogue.victim.connection.transportEnded()),
  (rogue) => rogue.send(99, [0]),
  (rogue) => rogue.alert('handshake_failure'),
];

const withCrypto = (scenario: Scenario, role: Role, { crypto }: Kept): Scenario => ({
  ...scenario,
  [role]: { ...scenario[role], crypto },
});

test('no secret outlives a connection that ends, wherever it was', (t) => {
  let secrets = 0;
  for (const role of ROLES) {
    for (const [number, scenario] of SCENARIOS.entries()) {
      const items = scriptOf(scenario)[role === 'client' ? 'server' : 'client'];
      for (let played = 0; played <= items.length; played++) {
        for (const [way, end] of ENDS.entries()) {
          const kept = keeping();
          const rogue = makeRogue(role, withCrypto(scenario, role, kept));
          rogue.play(items.slice(0, played));
          end(rogue);
          if (rogue.victim.connection.phase === 'open') rogue.took(rogue.victim.connection.abort('internal_error'));
          assertForgotten(kept, rogue, `${role}, scenario ${number}, behind ${played}, way ${way}`);
          secrets += kept.secrets.size;
        }
      }
    }
  }
  assert.ok(secrets > 300, `${secrets}`);
  t.diagnostic(`secrets of TLS 1.2: ${secrets} seen overwritten`);
});

test('no secret outlives a question that is never answered, or refused', () => {
  for (const at of PLACES_12) {
    const kept = keeping();
    const asked = ask(at, { crypto: kept.crypto });
    asked.rogue.took(asked.rogue.victim.connection.abort());
    assertForgotten(kept, asked.rogue, at.title);
    assert.equal(answer(asked.rogue, asked.question, replyTo(at, asked, asked.question)).transmit.length, 0);
    assertForgotten(kept, asked.rogue, `${at.title}: late`);
  }
});

test('an open connection keeps its master secret alone, for exporters, and a closed one nothing', () => {
  for (const role of ROLES) {
    for (const scenario of SCENARIOS) {
      const kept = keeping();
      const rogue = victimAt(role, scenario, undefined, { [role]: { crypto: kept.crypto } });
      const left = [...kept.secrets].filter((secret) => !isZero(secret));
      assert.deepEqual(
        left.map(({ length }) => length),
        [48],
        role,
      );
      assert.ok(kept.blocks.every(isZero));
      assert.ok(kept.ephemeral.wiped >= kept.ephemeral.made);
      assert.ok(rogue.watch.keys.every(({ original }) => isZero(original)));
      const { connection } = rogue.victim;
      assert.equal(isZero(connection.exportKeyingMaterial('EXPORTER-test', null, 32)), false);

      const sessions = rogue.victim.events.flatMap((event) =>
        event.type === 'session' || event.type === 'session-issued' ? [event.session.psk] : [],
      );
      rogue.alert('close_notify', 1);
      assert.equal(connection.phase, 'closed');
      assertForgotten(kept, rogue, role);
      // What was given away is its receiver's.
      for (const psk of sessions) assert.equal(isZero(psk), false);
    }
  }
});

test('a client without extended_main_secret keeps no session, and no copy of its secret', () => {
  const helloShape = {
    clientHello: (list: readonly { readonly type: number; readonly body: Uint8Array }[]) =>
      list.filter(({ type }) => type !== 23),
  };
  const scenario: Scenario = { client: { ...RSA12.client, helloShape }, server: RSA12.server ?? {} };
  const kept = keeping();
  const rogue = victimAt('client', scenario, undefined, { client: { crypto: kept.crypto } });
  assert.ok(rogue.victim.events.every(({ type }) => type !== 'session'));
  rogue.took(rogue.victim.connection.abort('internal_error'));
  assertForgotten(kept, rogue, 'a session that is not kept');
});

test('an ephemeral key is wiped when the server’s point is none', () => {
  const kept = keeping();
  const agreeing: CryptoProvider = {
    ...kept.crypto,
    keyExchange(group) {
      const exchange = kept.crypto.keyExchange(group);
      return {
        ...exchange,
        generate: (random) => ({
          ...exchange.generate(random),
          agree: () => {
            throw new Error('a defect');
          },
        }),
      };
    },
  };
  const rogue = makeRogue('client', { ...MUTUAL12, client: { ...MUTUAL12.client, crypto: agreeing } });
  rogue.play(scriptOf(MUTUAL12).server);
  assert.equal(rogue.victim.connection.phase, 'failed');
  assert.equal(rogue.heard().at(-1)?.type, TYPE.alert);
  assertForgotten(kept, rogue, 'a point that is none');
});

test('the answer to decryptPreliminarySecret is overwritten once it has served', () => {
  const at = PLACES_12.find(({ kind }) => kind === 'decryptPreliminarySecret');
  assert.ok(at !== undefined);
  const asked = ask(at);
  const reply = replyTo(at, asked, asked.question) as { raw: Uint8Array };
  const preliminary = reply.raw.slice(-48);
  answer(asked.rogue, asked.question, reply);
  assert.ok(isZero(reply.raw));
  const other = ask(at);
  answer(other.rogue, other.question, { preliminary });
  assert.ok(isZero(preliminary));
  const well = ask(at);
  answerWell(at, well, well.question);
});
