/**
 * Every systematic damage to a message of TLS 1.2, in the live handshake: each length wrong, each content shorter and longer, each
 * byte another, each extension twice and gone. The rogue protects what it has damaged.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { CIPHER_SUITES_12 } from '../../src/params/algorithms.ts';
import { handshakeTypeName } from '../../src/params/registries.ts';
import { decodeHandshake12 } from '../../src/wire/message12.ts';
import { assertRefused } from '../connection/expect.ts';
import { FAST, type Item, makeRogue, type Rogue, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { messageOf, nameOf, scriptOf } from '../connection/script.ts';
import { damagesOf, spliced } from '../wire/mutations.ts';
import { dissect } from '../wire/verdict.ts';
import { dissect12, type KeyExchange } from '../wire/verdict12.ts';
import type { Count } from './damage.ts';
import { alertOf12, type Circumstances12, predict12 } from './predict12.ts';

/** Damages the messages of these names in what the victim receives. */
export function damageAll12(scenario: Scenario, victim: Role, names: readonly string[], count: Count): void {
  const peer = scriptOf(scenario)[victim === 'client' ? 'server' : 'client'];
  for (const [at, item] of peer.entries()) {
    if (item.type === TYPE.handshake && names.includes(nameOf(item))) damage12(peer, at, scenario, victim, count);
  }
}

function damage12(peer: readonly Item[], at: number, scenario: Scenario, victim: Role, count: Count): void {
  const honest = peer[at]?.content ?? new Uint8Array(0);
  const here = circumstances(honest, scenario, victim);
  for (const [name, raw] of mutations(honest, here.keyExchange)) {
    const isFramed = raw.length === 4 + (((raw[1] ?? 0) << 16) | ((raw[2] ?? 0) << 8) | (raw[3] ?? 0));
    if (!isFramed || raw[0] !== honest[0]) continue;
    const what = `${handshakeTypeName(honest[0] ?? 0)} for the ${victim}: ${name}`;
    const predicted = predict12(raw, here);
    const rogue = makeRogue(victim, scenario);
    rogue.play(peer.slice(0, at));
    assert.notEqual(rogue.victim.connection.phase, 'failed', what);
    rogue.message(raw);
    rogue.play(peer.slice(at + 1));

    count.cases++;
    const code = codeOf(rogue);
    assert.ok(code !== null, `${what}: accepted`);
    const right = predicted === 'any of certificates' ? isOfCertificates(code, here) : predicted.includes(code);
    assert.ok(right, `${what}: ${code}, not ${predicted}`);
    const alert = alertOf12(code);
    const under = rogue.watch.keys.some(({ direction }) => direction === 'write') ? 'application' : 'plaintext';
    assertRefused(rogue, { code, alert, under }, what);
    count.alerts.set(`${alert}`, (count.alerts.get(`${alert}`) ?? 0) + 1);
  }
}

function* mutations(raw: Uint8Array, keyExchange: KeyExchange): Generator<readonly [name: string, raw: Uint8Array]> {
  const isHello = raw[0] === 1;
  const anatomy = isHello ? dissect(raw) : dissect12(raw, keyExchange);
  if ('code' in anatomy) throw new Error('the message itself is not acceptable');
  yield* damagesOf(raw, anatomy.lengths);
  for (let at = 4; at < raw.length; at++) {
    const bit = at % 2 === 0 ? 0x01 : 0x80;
    const mutated = raw.slice();
    mutated[at] = (mutated[at] ?? 0) ^ bit;
    yield [`byte ${at} with bit ${bit}`, mutated];
  }
  const block = 'blocks' in anatomy ? anatomy.blocks[0] : anatomy.block;
  for (const one of block?.extensions ?? []) {
    const { length } = block ?? {};
    if (length === undefined) break;
    yield [`without extension ${one.type}`, spliced(raw, length, one.start, one.end)];
    yield [`extension ${one.type} twice`, spliced(raw, length, length.end, length.end, raw.slice(one.start, one.end))];
  }
}

/** A certificate that was changed is none any more, or has another key, or fails with the transcript. */
function isOfCertificates(code: string, { victim, keyExchange }: Circumstances12): boolean {
  if (code.startsWith('ERR_CERT_')) return true;
  if (victim === 'server') return ['ERR_TLS_BAD_CERTIFICATE_VERIFY', 'ERR_TLS_SCHEME_KEY_MISMATCH'].includes(code);
  const proofs = ['ERR_TLS_BAD_FINISHED', 'ERR_TLS_CERTIFICATE_SUITE_MISMATCH'];
  return proofs.includes(code) || (keyExchange === 'ecdhe' && code === 'ERR_TLS_BAD_SERVER_KEY_EXCHANGE');
}

function codeOf({ victim }: Rogue): ReturnType<typeof assertRefused>['code'] | null {
  return victim.events.find((event) => event.type === 'failed')?.error.code ?? null;
}

function circumstances(honest: Uint8Array, scenario: Scenario, victim: Role): Circumstances12 {
  const script = scriptOf(scenario);
  const hello = decodeHandshake12(messageOf(script.client, 'client_hello'));
  if (hello.type !== 'client_hello') throw new Error('not a ClientHello');
  const own = { ...FAST, ...scenario[victim] };
  const suites = CIPHER_SUITES_12.filter(({ name }) => (own.cipherSuites as readonly string[]).includes(name));
  return {
    victim,
    honest,
    asked: new Set((hello.extensions ?? []).map(({ type }) => type)),
    keyExchange: suites[0]?.keyExchange === 'rsa' ? 'rsa' : 'ecdhe',
    mutual: scenario.server?.clientAuth === 'require',
    resumed: scenario.target?.sessions !== undefined,
    suites: suites.map(({ code }) => code),
    alpn: scenario[victim]?.alpn ?? [],
  };
}
