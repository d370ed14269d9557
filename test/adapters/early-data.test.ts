import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TlsStream } from '../../src/adapters/node-stream.ts';
import { type AcceptOptions, accept, type ConnectOptions, connect, createServer } from '../../src/adapters/node-tls.ts';
import type { ServerOptions } from '../../src/connection/config.ts';
import { TlsConfigError, TlsError } from '../../src/errors/errors.ts';
import { createAntiReplay } from '../../src/sessions/anti-replay.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { clientConfig, pipePair, serverConfig } from './fixture.ts';

const client = clientConfig();

/** Its tickets are sealed with keys that it made itself: nothing from before its start can be replayed to it. */
function earlyConfig(options: ServerOptions = {}): ReturnType<typeof serverConfig> {
  return serverConfig({ earlyData: 1024, antiReplay: createAntiReplay({ since: 0 }), ...options });
}

interface Received {
  early: string;
  late: string;
  /** What of it had come when the handshake was done. */
  atHandshake: string | null;
  status: TlsStream['earlyDataStatus'];
}

/** A server that notes what comes, early and late apart, and says "ok" at the end. */
async function listen(
  t: TestContext,
  options: AcceptOptions,
): Promise<{ readonly port: number; readonly received: Received[] }> {
  const received: Received[] = [];
  const notes = new Map<TlsStream, Received>();
  const noteOf = (stream: TlsStream): Received => {
    const note = notes.get(stream) ?? { early: '', late: '', atHandshake: null, status: null };
    if (!notes.has(stream)) received.push(note);
    notes.set(stream, note);
    return note;
  };
  const server: Server = createServer(
    {
      ...options,
      onEarlyData(data, stream) {
        assert.equal(stream.info, null, 'before the handshake is done');
        assert.ok(Buffer.isBuffer(data));
        noteOf(stream).early += data.toString();
      },
    },
    (stream) => {
      const note = noteOf(stream);
      note.atHandshake = note.early;
      note.status = stream.earlyDataStatus;
      stream.on('data', (data: Buffer) => {
        note.late += data.toString();
      });
      stream.on('end', () => stream.end('ok'));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, received };
}

/** One connection: writes "late", reads to the end, and tells what became of the early data. */
async function visit(
  options: ConnectOptions,
): Promise<{ readonly stream: TlsStream; readonly sessions: ClientSession[]; readonly events: unknown[] }> {
  const sessions: ClientSession[] = [];
  const events: unknown[] = [];
  const stream = connect({ host: '127.0.0.1', servername: 'localhost', ...options });
  stream.on('session', (session: ClientSession) => sessions.push(session));
  stream.on('earlyData', (status) => events.push(status));
  stream.on('secureConnect', () => events.push('secureConnect'));
  stream.end('late');
  stream.resume();
  await once(stream, 'end');
  return { stream, sessions, events };
}

test('early data arrives before the handshake is done, apart from what is written later', async (t) => {
  const { port, received } = await listen(t, { config: earlyConfig() });
  const first = await visit({ config: client, port });
  assert.deepEqual(first.events, ['secureConnect']);
  assert.equal(first.stream.earlyDataStatus, null);
  assert.equal(first.sessions[0]?.maxEarlyData, 1024);

  const earlyData = Buffer.from('early');
  const second = await visit({ config: client, port, sessions: first.sessions.slice(0, 1), earlyData });
  assert.deepEqual(second.events, ['accepted', 'secureConnect']);
  assert.equal(second.stream.earlyDataStatus, 'accepted');
  assert.equal(second.stream.info?.earlyDataAccepted, true);
  assert.deepEqual(received, [
    { early: '', late: 'late', atHandshake: '', status: null },
    { early: 'early', late: 'late', atHandshake: 'early', status: 'accepted' },
  ]);
});

test('a session alone sends nothing early: what is written to the stream waits', async (t) => {
  const { port, received } = await listen(t, { config: earlyConfig() });
  const { sessions } = await visit({ config: client, port });
  const second = await visit({ config: client, port, sessions: sessions.slice(0, 1) });
  assert.equal(second.stream.info?.resumed, true);
  assert.deepEqual(second.events, ['secureConnect']);
  assert.equal(received[1]?.early, '');
  assert.equal(received[1]?.late, 'late');
});

test('rejected early data is reported, gone, and never sent again', async (t) => {
  const { port, received } = await listen(t, { config: earlyConfig({ decide: { admitEarlyData: () => false } }) });
  const { sessions } = await visit({ config: client, port });
  const second = await visit({
    config: client,
    port,
    sessions: sessions.slice(0, 1),
    earlyData: Buffer.from('early'),
  });
  assert.deepEqual(second.events, ['rejected', 'secureConnect']);
  assert.equal(second.stream.info?.resumed, true);
  assert.equal(second.stream.info?.earlyDataAccepted, false);
  assert.deepEqual(received[1], { early: '', late: 'late', atHandshake: '', status: null });
});

test('early data beyond what the session allows, or without a session, is not sent at all', async (t) => {
  const { port, received } = await listen(t, { config: earlyConfig() });
  const { sessions } = await visit({ config: client, port });
  const full = await visit({
    config: client,
    port,
    sessions: sessions.slice(0, 1),
    earlyData: Buffer.alloc(1024, 'e'),
  });
  assert.equal(full.stream.earlyDataStatus, 'accepted');
  const over = await visit({
    config: client,
    port,
    sessions: sessions.slice(1, 2),
    earlyData: Buffer.alloc(1025, 'e'),
  });
  assert.deepEqual(over.events, ['not-sent', 'secureConnect']);
  assert.equal(over.stream.info?.resumed, true);
  const without = await visit({ config: client, port, earlyData: Buffer.from('early') });
  assert.deepEqual(without.events, ['not-sent', 'secureConnect']);
  assert.deepEqual(
    received.map(({ early, late }) => [early.length, late]),
    [
      [0, 'late'],
      [1024, 'late'],
      [0, 'late'],
      [0, 'late'],
    ],
  );
});

/** A session from a connection over a pipe. */
async function sessionOf(options: AcceptOptions): Promise<ClientSession> {
  const [left, right] = pipePair();
  const serving = accept(right, options);
  serving.on('secureConnect', () => serving.end()).resume();
  const stream = connect({ config: client, servername: 'localhost', socket: left });
  const [session] = (await once(stream, 'session')) as [ClientSession];
  stream.end().resume();
  return session;
}

/** What a client sends first, with early data in it. */
async function recordFirstFlight(session: ClientSession, earlyData: Uint8Array): Promise<Buffer> {
  const [left, right] = pipePair();
  const stream = connect({ config: client, servername: 'localhost', socket: left, sessions: [session], earlyData });
  stream.on('error', () => {});
  const chunks: Buffer[] = [];
  right.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  const flight = Buffer.concat(chunks);
  stream.destroy();
  return flight;
}

/** Sends bytes to a new connection of a server, waits for its answer, and returns how the server's stream ended. */
async function play(bytes: Uint8Array, options: AcceptOptions): Promise<unknown> {
  const [left, right] = pipePair();
  const stream = accept(right, options);
  let failure: unknown = null;
  stream.on('error', (error) => {
    failure = error;
  });
  left.on('error', () => {});
  left.write(bytes);
  await once(left, 'data');
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  stream.destroy();
  return failure;
}

test('a recorded first flight gets its early data through once', async () => {
  const texts: string[] = [];
  const options = { config: earlyConfig(), onEarlyData: (data: Buffer) => texts.push(data.toString()) };
  const flight = await recordFirstFlight(await sessionOf(options), Buffer.from('once'));
  await play(flight, options);
  assert.deepEqual(texts, ['once']);
  await play(flight, options);
  assert.deepEqual(texts, ['once']);
});

test('a config chosen late whose early data nobody takes ends the connection', async () => {
  const config = earlyConfig();
  const flight = await recordFirstFlight(await sessionOf({ config, onEarlyData: () => {} }), Buffer.from('early'));
  const failure = await play(flight, { onQuestion: { chooseConfig: () => config } });
  assert.ok(failure instanceof TlsError);
  assert.equal(failure.code, 'ERR_TLS_DECIDER');
  assert.match(failure.message, /onEarlyData/);
});

test('early data needs someone to take it', async () => {
  const [left, right] = pipePair();
  const unread = earlyConfig();
  const refused = (error: unknown): boolean => error instanceof TlsConfigError && /onEarlyData/.test(error.message);
  assert.throws(() => accept(right, { config: unread }), refused);
  assert.throws(() => createServer({ credentials: unread.credentials, earlyData: 1 }), refused);
  left.destroy();
});
