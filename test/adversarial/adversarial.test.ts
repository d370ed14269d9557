/**
 * Peers that push every limit: memory stays bounded, and work is linear in the bytes that arrive.
 *
 * Work is counted, not timed, wherever it is cryptography: a ratio of counts is the same on every machine. What is parsing is
 * timed, at sizes far apart and with a generous bound, so that only a worse complexity fails. Memory is in memory.test.ts.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS } from '../../src/connection/config.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import * as encode from '../../src/wire/extensions.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello } from '../../src/wire/messages.ts';
import { itemsOf, joined, makeRogue, plainRecord, type Rogue, TYPE } from '../connection/rogue.ts';
import { COOKIE, FULL, MUTUAL, messageOf, RESUME, scriptOf, sealer, session } from '../connection/script.ts';
import { edit, having } from '../handshake/refusal.ts';
import { FLOODS, run, ticket, victim } from './floods.ts';
import { LIMITS } from './limits.ts';
import { countCopies, createMeter, describeWork, growthOf, shortest, type Work } from './meter.ts';
import {
  certificateRequest,
  clientHello,
  helloOf,
  LOOKALIKES,
  piecesOf,
  recordsOf,
  STUFFED_HELLOS,
  STUFFED_REQUESTS,
} from './stuffed.ts';

/** How much more a byte of a large flood may cost than one of a small flood. */
const GROWTH = 3;

test('floods that keep to the limits cost what their bytes cost', (t) => {
  for (const flood of FLOODS) {
    for (const role of flood.by) {
      const [few, many] = flood.rounds;
      const small = run(flood, role, few);
      const large = run(flood, role, many);
      for (const [kind, growth] of Object.entries(growthOf(small.work, small.bytes, large.work, large.bytes))) {
        assert.ok(growth <= GROWTH, `${flood.title}, ${role}: ${kind} grows ${growth.toFixed(1)} times a byte`);
      }
      const copies = large.copied / large.bytes / (small.copied / small.bytes);
      assert.ok(
        copies <= GROWTH || large.copied === 0,
        `${flood.title}, ${role}: ${copies.toFixed(1)} times the copies a byte`,
      );
      // Nobody makes a connection write more than it reads.
      assert.ok(large.written <= large.bytes, `${flood.title}, ${role}: ${large.written} bytes were written`);
      const { bytes, records, written, milliseconds, copied, work } = large;
      t.diagnostic(
        `${role}: ${flood.title}: ${bytes} bytes in ${records} records, ${written} written, ` +
          `${((milliseconds * 1000) / records).toFixed(1)} µs a record; ${copied} bytes copied; ${describeWork(work)}`,
      );
    }
  }
});

test('a limit ends a flood, and what follows costs nothing', (t) => {
  for (const { title, by, code, alert, allowed, reach, one } of LIMITS) {
    for (const role of by) {
      // The flood goes on: in the same call, and in calls of its own.
      const { rogue, meter } = reach(role);
      const { connection } = rogue.victim;
      const within = joined(...Array.from({ length: allowed }, () => one(rogue)));
      assert.equal(
        connection.receive(within).events.find(({ type }) => type === 'failed'),
        undefined,
        title,
      );
      const kept = meter.read();
      const beyond = joined(one(rogue), ...Array.from({ length: 2_000 }, () => one(rogue)));
      const { events } = connection.receive(beyond);
      const last = events.at(-1);
      assert.ok(last?.type === 'failed', `${title}, ${role}`);
      assert.equal(`${last.error.code} ${last.error.alert}`, `${code} ${alert}`, title);

      const end = meter.read();
      assert.ok(end.opens <= 1 && end.seals <= 1 && end.macs <= 4, `${title}: ${describeWork(end)}`);
      for (let i = 0; i < 100; i++) assert.deepEqual(connection.receive(beyond).events, [], title);
      assert.equal(describeWork(meter.read()), 'no cryptography', title);
      t.diagnostic(`${role}: ${title}: ${allowed} taken (${describeWork(kept)}), the next is ${code}`);
    }
  }
});

test('the longest message is taken in any pieces, for the same work; a byte more is refused at its header', (t) => {
  const LONGEST = DEFAULT_LIMITS.handshakeMessage;
  /** Records of `size` bytes in calls of `chunk` bytes. */
  function deliver(length: number, size: number, chunk: number) {
    const bytes = recordsOf(helloOf(length), size);
    const { rogue, meter } = victim('server', FULL, 'START');
    const start = performance.now();
    const copied = countCopies(() => {
      for (let at = 0; at < bytes.length; at += chunk) rogue.victim.connection.receive(bytes.subarray(at, at + chunk));
    });
    const milliseconds = performance.now() - start;
    return { work: describeWork(meter.read()), milliseconds, state: rogue.state, copied: copied / bytes.length };
  }
  const whole = deliver(LONGEST, 16_384, Number.POSITIVE_INFINITY);
  assert.equal(whole.state, 'WAIT_FINISHED');
  for (const [size, chunk] of [
    [16_384, 1],
    [1, Number.POSITIVE_INFINITY],
    [1, 1],
    [7, 100],
  ] as const) {
    const small = deliver(LONGEST / 16, size, chunk);
    const large = deliver(LONGEST, size, chunk);
    assert.equal(large.state, 'WAIT_FINISHED', `${size} a record, ${chunk} a call`);
    assert.equal(large.work, whole.work, `${size} a record, ${chunk} a call`);
    const growth = large.copied / small.copied;
    assert.ok(growth <= GROWTH, `${size} a record, ${chunk} a call: ${growth.toFixed(1)} times the copies a byte`);
    t.diagnostic(
      `a ClientHello of ${LONGEST} bytes, ${size} a record, ${chunk} a call: ${large.milliseconds.toFixed(0)} ms, ` +
        `each byte copied ${large.copied.toFixed(1)} times`,
    );
  }

  // A client, after the handshake: a ticket of the greatest length, then the header of one that is longer.
  const { rogue, meter } = victim('client');
  const raw = ticket(LONGEST);
  for (let at = 0; at < raw.length; at += 1_000) rogue.send(TYPE.handshake, raw.subarray(at, at + 1_000));
  assert.equal(rogue.victim.events.filter(({ type }) => type === 'session').length, 3);
  meter.read();
  const { events } = rogue.send(TYPE.handshake, [4, 1, 0, 1]);
  const last = events.at(-1);
  assert.ok(last?.type === 'failed');
  assert.equal(last.error.code, 'ERR_TLS_MESSAGE_TOO_LONG');

  const { rogue: server } = victim('server', FULL, 'START');
  const refused = server.deliver(plainRecord(TYPE.handshake, [1, 1, 0, 1])).events.at(-1);
  assert.ok(refused?.type === 'failed');
  assert.equal(`${refused.error.code} ${refused.error.alert}`, 'ERR_TLS_MESSAGE_TOO_LONG illegal_parameter');
});

/** Sizes far apart: where work grows with the square, a byte of the large one costs up to sixteen times as much. */
const STUFFED = [4_000, 64_000] as const;

test('lists of thousands of entries are read in linear time', (t) => {
  function measure(title: string, reach: (bytes: number) => readonly [Rogue, Uint8Array]): [number, number] {
    const [small, large] = STUFFED.map((bytes) => {
      const milliseconds = shortest(
        5,
        () => {
          const [rogue, message] = reach(bytes);
          return { rogue, parts: piecesOf(message, 16_384) };
        },
        ({ rogue, parts }) => {
          for (const part of parts) rogue.send(TYPE.handshake, part);
          if (rogue.victim.connection.phase === 'failed') throw new Error(`${title}: the message was refused`);
        },
      );
      return { milliseconds, each: milliseconds / reach(bytes)[1].length };
    });
    if (small === undefined || large === undefined) throw new Error('two sizes are needed');
    return [large.each / small.each, large.milliseconds];
  }
  function timed(title: string, reach: (bytes: number) => readonly [Rogue, Uint8Array]): void {
    let [growth, milliseconds] = measure(title, reach);
    // A busy machine is no complexity: what grows with the square does so every time.
    for (let again = 0; again < 3 && growth > GROWTH; again++) [growth, milliseconds] = measure(title, reach);
    t.diagnostic(`${title}: ${milliseconds.toFixed(1)} ms, ${growth.toFixed(2)} times the time a byte`);
    assert.ok(growth <= GROWTH, `${title}: ${growth.toFixed(1)} times the time a byte`);
  }
  for (const [title, stuff] of Object.entries(STUFFED_HELLOS)) {
    const hello = (bytes: number): Uint8Array => clientHello((one) => stuff(one, bytes));
    timed(`server: a ClientHello of ${title}`, (bytes) => [victim('server', FULL, 'START').rogue, hello(bytes)]);
    timed(`server: a second ClientHello of ${title}`, (bytes) => {
      const { rogue } = victim('server', COOKIE, 'START');
      const raw = hello(bytes);
      for (const part of piecesOf(raw, 16_384)) rogue.send(TYPE.handshake, part);
      return [rogue, withCookie(raw, rogue)];
    });
  }
  for (const [title, stuff] of Object.entries(STUFFED_REQUESTS)) {
    timed(`client: a CertificateRequest of ${title}`, (bytes) => [
      victim('client', MUTUAL, 'WAIT_CERT_CR').rogue,
      certificateRequest((request) => stuff(request, bytes)),
    ]);
  }
});

/** The hello once more, with the cookie of the HelloRetryRequest that the victim has answered it with. */
function withCookie(raw: Uint8Array, rogue: Rogue): Uint8Array {
  const answer = itemsOf(rogue.heard())[0];
  const retry = answer === undefined ? null : decodeHandshake(answer.content);
  if (retry?.type !== 'hello_retry_request') throw new Error('there is no HelloRetryRequest');
  const cookie = retry.extensions?.find(({ type }) => type === 44);
  if (cookie === undefined) throw new Error('there is no cookie');
  return edit<ClientHello>(raw, (hello) => having(hello, cookie));
}

test('a client keeps as many tickets as its limit, and ignores the rest', (t) => {
  const { rogue } = victim('client', FULL);
  for (let i = 0; i < 1_000; i++) rogue.send(TYPE.handshake, ticket(200, i));
  const sessions = rogue.victim.events.filter(({ type }) => type === 'session').length;
  t.diagnostic(`client: 1,000 tickets: ${sessions} sessions`);
  assert.equal(sessions, DEFAULT_LIMITS.tickets);
  assert.equal(rogue.victim.connection.phase, 'open');
});

test('of many PSKs only those within the limit are looked at, and one binder is verified', (t) => {
  const hello = messageOf(scriptOf(RESUME).client, 'client_hello');
  /** So many identities that begin as a ticket of this server does, of so many bytes each. */
  function offer(count: number, length: number): { work: Work; bytes: number; code: string | null; macs: number } {
    const meter = createMeter();
    const ticketSealer = createTicketSealer({ crypto: meter.crypto, keys: sealer.keys(), rotation: null });
    const rogue = makeRogue('server', { server: { ...RESUME.server, crypto: meter.crypto, ticketSealer } });
    const identity = new Uint8Array(length).fill(0x33);
    identity.set(session.ticket.subarray(0, Math.min(16, length)));
    const raw = edit<ClientHello>(hello, (one) =>
      having(
        one,
        encode.preSharedKeyExtension({
          identities: Array.from({ length: count }, () => ({ identity, obfuscatedTicketAge: 1 })),
          binders: Array.from({ length: count }, () => new Uint8Array(32).fill(1)),
        }),
      ),
    );
    meter.read();
    for (const part of piecesOf(raw, 16_384)) rogue.send(TYPE.handshake, part);
    const work = meter.read();
    const failure = rogue.victim.events.find((event) => event.type === 'failed');
    return { work, bytes: raw.length, code: failure?.error.code ?? null, macs: work.macs };
  }
  const MOST = DEFAULT_LIMITS.pskIdentities;
  const none = offer(1, 17);
  const eight = offer(MOST, 8_000);
  // None of them opens, and the handshake goes on with a certificate.
  assert.equal(eight.code, null);
  assert.ok(eight.work.opens <= MOST, describeWork(eight.work));
  assert.ok(eight.work.openedBytes <= eight.bytes, describeWork(eight.work));
  assert.ok(eight.work.hashedBytes <= GROWTH * eight.bytes, describeWork(eight.work));
  assert.equal(eight.macs, none.macs);
  t.diagnostic(`${MOST} identities in a ClientHello of ${eight.bytes} bytes: ${describeWork(eight.work)}`);
  for (const [count, length] of [
    [MOST + 1, 100],
    [800, 17],
    [1_500, 1],
  ] as const) {
    const { work, bytes, code } = offer(count, length);
    assert.equal(code, 'ERR_TLS_TOO_MANY_PSKS');
    assert.equal(work.opens + work.macs + work.exchanges + work.signatures, 0, describeWork(work));
    t.diagnostic(`${count} identities in a ClientHello of ${bytes} bytes: refused, ${describeWork(work)}`);
  }
});

test('certificates that could all have issued each other cost a bounded number of signatures', (t) => {
  const { scenario, judge } = LOOKALIKES;
  const meter = createMeter();
  const rogue = makeRogue('client', { ...judge, client: { ...judge.client, crypto: meter.crypto } });
  meter.read();
  rogue.play(scriptOf(scenario).server);
  const failure = rogue.victim.events.find((event) => event.type === 'failed');
  const { verifications } = meter.read();
  t.diagnostic(
    `client: four authorities of one name, in 15 certificates: ${verifications} signatures verified, then ${failure?.error.code}`,
  );
  assert.ok(failure !== undefined, 'there is no path');
  // 64 by default, and CertificateVerify.
  assert.ok(verifications <= 65, String(verifications));
});
