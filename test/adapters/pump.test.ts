import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { createPump, type Owner, type Pump, type PumpOptions } from '../../src/adapters/pump.ts';
import { createCredential } from '../../src/certs/credential.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import { createClient, createServer } from '../../src/connection/connection.ts';
import type { TlsConnection } from '../../src/connection/events.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsError } from '../../src/errors/errors.ts';
import { byName, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import { clientConfig, serverConfig, serverParts } from './fixture.ts';

/** One side: its pump, all that its transport was given and its owner was told, in order. */
interface Side {
  readonly pump: Pump;
  readonly connection: TlsConnection;
  readonly log: string[];
  readonly sent: Uint8Array[];
  readonly received: Uint8Array[];
  /** What `send` and `data` answer. */
  room: boolean;
  wants: boolean;
  error: TlsError | null;
  onEstablished: () => void;
}

function createSide(connection: TlsConnection, options: PumpOptions = {}): Side {
  const log: string[] = [];
  const owner: Owner = {
    established: () => {
      log.push('established');
      side.onEstablished();
    },
    data: (bytes) => {
      log.push(`data ${bytes.length}`);
      side.received.push(bytes);
      return side.wants;
    },
    earlyData: (bytes) => log.push(`early data ${bytes.length}`),
    ended: () => log.push('ended'),
    failed: (error) => {
      log.push(`failed ${error.code}`);
      side.error = error;
    },
    other: (event) => log.push(event.type),
  };
  const transport = {
    send: (bytes: Uint8Array) => {
      log.push('send');
      side.sent.push(bytes);
      return side.room;
    },
    finish: () => log.push('finish'),
    hold: (held: boolean) => log.push(held ? 'hold' : 'let'),
  };
  const side: Side = {
    pump: createPump(connection, transport, owner, options),
    connection,
    log,
    sent: [],
    received: [],
    room: true,
    wants: true,
    error: null,
    onEstablished: () => {},
  };
  return side;
}

const never = (): void => assert.fail('called');

function createPair(
  clientOptions: PumpOptions = {},
  client: Parameters<typeof clientConfig>[0] = {},
): { readonly client: Side; readonly server: Side } {
  return {
    client: createSide(createClient(clientConfig(client), { name: 'localhost' }), clientOptions),
    server: createSide(createServer(serverConfig({ tickets: 0 }))),
  };
}

/** Carries what waits, until both sides are silent. Returns how many bytes went. */
function carry({ client, server }: { readonly client: Side; readonly server: Side }): number {
  let carried = 0;
  while (client.sent.length > 0 || server.sent.length > 0) {
    for (const [from, to] of [[client, server] as const, [server, client] as const]) {
      for (const bytes of from.sent.splice(0)) {
        carried += bytes.length;
        to.pump.received(bytes);
      }
    }
  }
  return carried;
}

function open(pair: { readonly client: Side; readonly server: Side }): void {
  pair.client.pump.start();
  pair.server.pump.start();
  carry(pair);
  assert.equal(pair.client.connection.phase, 'open');
  assert.equal(pair.server.connection.phase, 'open');
  pair.client.log.length = 0;
  pair.server.log.length = 0;
}

function total(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

test('bytes reach the transport before the events of their step reach the owner', () => {
  const pair = createPair();
  pair.client.onEstablished = () => pair.client.pump.write(new Uint8Array(3), () => pair.client.log.push('written'));
  pair.client.pump.start();
  carry(pair);
  // Finished, then what the owner wrote when it was told.
  assert.deepEqual(pair.client.log, ['send', 'send', 'established', 'send', 'written']);
  assert.deepEqual(pair.server.log, ['send', 'established', 'data 3']);
});

test('what is written before the handshake is done goes out after it, then the close that came before it too', () => {
  const pair = createPair();
  let closed = false;
  pair.client.pump.start();
  pair.client.pump.write(Buffer.from('early bird'), () => pair.client.log.push('written'));
  pair.client.pump.close(() => {
    closed = true;
  });
  assert.equal(closed, false);
  carry(pair);
  assert.equal(closed, true);
  assert.equal(Buffer.concat(pair.server.received).toString(), 'early bird');
  assert.deepEqual(pair.client.log, ['send', 'send', 'established', 'send', 'written', 'send', 'finish', 'alert']);
  assert.equal(pair.server.log.at(-1), 'ended');
  assert.equal(pair.client.connection.phase, 'open', 'reading goes on');
});

test('a close that comes before the handshake is done waits for it', () => {
  const pair = createPair();
  let closed = false;
  pair.client.pump.start();
  pair.client.pump.close(() => {
    closed = true;
  });
  assert.deepEqual(pair.client.log, ['send']);
  carry(pair);
  assert.equal(closed, true);
  assert.deepEqual(pair.server.log, ['send', 'established', 'alert', 'ended']);
});

test('a full transport stops writing after one slice, and each drain brings the next', () => {
  const pair = createPair();
  open(pair);
  const { client } = pair;
  client.room = false;
  let written = false;
  client.pump.write(new Uint8Array(1_000_000), () => {
    written = true;
  });
  let drains = 0;
  while (!written) {
    assert.equal(client.sent.length, 1, 'one slice at a time');
    assert.ok(total(client.sent) < 70_000);
    carry(pair);
    drains += 1;
    client.pump.drained();
  }
  carry(pair);
  assert.equal(total(pair.server.received), 1_000_000);
  assert.equal(drains, Math.ceil(1_000_000 / 65_536) - 1);
});

test('reading does not wait for a full transport', () => {
  const pair = createPair();
  open(pair);
  const { client, server } = pair;
  client.room = false;
  client.pump.write(new Uint8Array(200_000), () => {});
  server.pump.write(Buffer.from('meanwhile'), () => {});
  for (const bytes of server.sent.splice(0)) client.pump.received(bytes);
  assert.equal(Buffer.concat(client.received).toString(), 'meanwhile');
  assert.ok(!client.log.includes('hold'));
});

test('an owner that has enough holds the transport, and lets it go on', () => {
  const pair = createPair();
  open(pair);
  const { client, server } = pair;
  server.wants = false;
  client.pump.write(new Uint8Array(10), () => {});
  carry(pair);
  assert.deepEqual(server.log, ['data 10', 'hold']);
  server.pump.wanted();
  assert.deepEqual(server.log, ['data 10', 'hold', 'let']);
});

test('an open question holds the transport until its answer', async () => {
  let answer = never as (verdict: ReturnType<typeof acceptPeer>) => void;
  const asked: string[] = [];
  const pair = createPair(
    {
      onQuestion: {
        verifyPeer: (peer) =>
          new Promise((resolve) => {
            asked.push(peer.name ?? '');
            answer = resolve;
          }),
      },
    },
    { decide: { verifyPeer: null } },
  );
  pair.client.pump.start();
  carry(pair);
  await tick();
  assert.deepEqual(asked, ['localhost']);
  assert.equal(pair.client.connection.phase, 'handshake');
  assert.equal(pair.client.log.at(-1), 'hold');

  answer(acceptPeer('the test says so'));
  await tick();
  carry(pair);
  assert.equal(pair.client.connection.phase, 'open');
  assert.ok(pair.client.log.includes('let'));
});

const WRONG_ANSWERS: readonly [string, PumpOptions, string, string][] = [
  ['nobody answers', {}, 'ERR_TLS_DECIDER', 'internal_error'],
  [
    'a TlsError',
    { onQuestion: { verifyPeer: () => new TlsError('ERR_CERT_EXPIRED') } },
    'ERR_CERT_EXPIRED',
    'certificate_expired',
  ],
  [
    'a rejection with a TlsError',
    {
      onQuestion: {
        verifyPeer: async () => {
          throw new TlsError('ERR_CERT_EXPIRED');
        },
      },
    },
    'ERR_CERT_EXPIRED',
    'certificate_expired',
  ],
  [
    'another rejection',
    {
      onQuestion: {
        verifyPeer: async () => {
          throw new Error('no network');
        },
      },
    },
    'ERR_TLS_DECIDER',
    'internal_error',
  ],
  // Untyped callers can do this.
  ['true', { onQuestion: { verifyPeer: (() => true) as never } }, 'ERR_TLS_DECIDER', 'internal_error'],
];

for (const [name, options, code, alert] of WRONG_ANSWERS) {
  test(`a question: ${name}`, async () => {
    const pair = createPair(options, { decide: { verifyPeer: null } });
    pair.client.pump.start();
    carry(pair);
    await tick();
    await tick();
    carry(pair);
    assert.equal(pair.client.error?.code, code);
    assert.equal(pair.server.error?.code, 'ERR_TLS_PEER_ALERT');
    assert.equal(pair.server.error?.detail, alert);
    assert.ok(pair.client.log.indexOf('finish') < pair.client.log.indexOf(`failed ${code}`));
  });
}

test('a late answer after the transport has gone changes nothing', async () => {
  let answer = never as (verdict: ReturnType<typeof acceptPeer>) => void;
  const onQuestion: PumpOptions['onQuestion'] = {
    verifyPeer: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  };
  const pair = createPair({ onQuestion }, { decide: { verifyPeer: null } });
  pair.client.pump.start();
  carry(pair);
  await tick();
  pair.client.pump.ended();
  assert.equal(pair.client.error?.code, 'ERR_TLS_TRUNCATED_HANDSHAKE');
  const before = pair.client.log.length;
  answer(acceptPeer('too late'));
  await tick();
  assert.equal(pair.client.log.length, before);
});

test('a key that is elsewhere signs by an answer', async () => {
  const credential = createCredential({ certificates: [serverParts.der], key: 'external' });
  const server = createSide(createServer(serverConfig({ credentials: [credential] })), {
    onQuestion: {
      sign: async ({ scheme, content }) => {
        await tick();
        const algorithm = byName(SIGNATURE_SCHEMES, scheme)?.algorithm;
        assert.ok(algorithm !== undefined);
        return nobleProvider.sign(algorithm, serverParts.key, content, (length) =>
          crypto.getRandomValues(new Uint8Array(length)),
        );
      },
    },
  });
  const client = createSide(createClient(clientConfig(), { name: 'localhost' }));
  client.pump.start();
  carry({ client, server });
  for (let turn = 0; turn < 5; turn++) await tick();
  carry({ client, server });
  assert.equal(client.connection.phase, 'open');
});

test('a transport that ends without close_notify is an error, unless that is accepted', () => {
  const pair = createPair();
  open(pair);
  pair.client.pump.ended();
  assert.deepEqual(pair.client.log, ['finish', 'failed ERR_TLS_TRUNCATED']);
  assert.equal(pair.client.error?.alert, null);

  const accepting = createPair({ acceptTruncation: true });
  open(accepting);
  accepting.client.pump.ended();
  assert.deepEqual(accepting.client.log, ['ended']);
});

test('after close_notify the end of the transport is nothing, and so is whatever follows', () => {
  const pair = createPair();
  open(pair);
  pair.server.pump.close(() => {});
  carry(pair);
  assert.deepEqual(pair.client.log, ['alert', 'ended']);
  pair.client.pump.received(Buffer.from('plain text after the end'));
  pair.client.pump.ended();
  assert.deepEqual(pair.client.log, ['alert', 'ended']);
});

test('a failure sends its alert, finishes the transport, tells whoever waits, then the owner, once', () => {
  const pair = createPair();
  open(pair);
  const { client } = pair;
  client.room = false;
  client.pump.write(new Uint8Array(200_000), (error) => client.log.push(`write: ${error?.code}`));
  client.log.length = 0;
  // A record that is not authentic.
  client.pump.received(Uint8Array.of(23, 3, 3, 0, 17, ...new Uint8Array(17)));
  client.pump.received(Uint8Array.of(23, 3, 3, 0, 17, ...new Uint8Array(17)));
  assert.deepEqual(client.log, ['send', 'alert', 'finish', 'write: ERR_TLS_BAD_RECORD', 'failed ERR_TLS_BAD_RECORD']);
  carry(pair);
  assert.equal(pair.server.error?.detail, 'bad_record_mac');
});

test('abort says close_notify, tells the owner only what it is given, and is the last thing', () => {
  const pair = createPair();
  open(pair);
  pair.client.pump.abort(null);
  pair.client.pump.abort(new TlsError('ERR_TLS_HANDSHAKE_TIMEOUT'));
  assert.deepEqual(pair.client.log, ['send', 'finish']);
  carry(pair);
  assert.deepEqual(pair.server.log, ['alert', 'ended']);

  const slow = createPair();
  slow.client.pump.start();
  slow.client.pump.abort(new TlsError('ERR_TLS_HANDSHAKE_TIMEOUT'));
  assert.equal(slow.client.log.at(-1), 'failed ERR_TLS_HANDSHAKE_TIMEOUT');
});

test('a connection that throws all the same is one failed connection', () => {
  const { client } = createPair();
  const broken = new Proxy(client.connection, {
    get: (target, name) => {
      if (name === 'receive')
        return () => {
          throw new RangeError('a defect');
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const side = createSide(broken);
  side.pump.start();
  side.pump.received(new Uint8Array(5));
  assert.equal(side.error?.code, 'ERR_TLS_INTERNAL');
  assert.equal(side.error?.origin, 'own');
  assert.ok(side.error?.cause instanceof RangeError);
});

test('a KeyUpdate that the owner asks for goes out in order with what it writes', () => {
  const pair = createPair();
  open(pair);
  const { client, server } = pair;
  client.pump.apply(client.connection.updateKeys({ requestPeer: true }));
  client.pump.write(Buffer.from('under new keys'), () => {});
  carry(pair);
  server.pump.write(Buffer.from('and back'), () => {});
  carry(pair);
  assert.equal(Buffer.concat(server.received).toString(), 'under new keys');
  assert.equal(Buffer.concat(client.received).toString(), 'and back');
});
