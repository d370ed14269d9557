/**
 * The other end of measured connections: node:tls in a process of its own, so that its work is on nobody's account.
 *
 * As a server it answers by what the client writes first (see bench/opposite-process.ts); as a client it visits a port.
 *
 * @module
 */
import { type AddressInfo, createServer as createNetServer, connect as netConnect, type Socket } from 'node:net';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { CHUNK, HEADER, type Order } from './opposite-process.ts';

const chunk = Buffer.alloc(CHUNK);
/** Of full and of resumed handshakes. */
const counts = { full: 0, resumed: 0 };

process.on('message', (order: Order) => {
  obey(order).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit());

async function obey(order: Order): Promise<unknown> {
  if (order.do === 'listen') return await listen(order);
  if (order.do === 'visit') return await visit(order);
  if (order.do === 'listen-plain') return await listenPlain();
  if (order.do === 'stay') return await stay(order);
  const taken = { ...counts };
  counts.full = 0;
  counts.resumed = 0;
  return taken;
}

async function listen({ certPem, keyPem, ciphers, version }: Order & { do: 'listen' }): Promise<number> {
  const options = { cert: certPem, key: keyPem, ciphers, ...versionsOf(version), ecdhCurve: 'X25519:P-256' };
  const server = createServer(options, serve).on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Without TLS. */
async function listenPlain(): Promise<number> {
  const server = createNetServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const staying: Socket[] = [];

/** Clients that write one message each, and stay. */
async function stay(order: Order & { do: 'stay' }): Promise<void> {
  const { port, count, name, authorityPem, ciphers, version, plain } = order;
  for (let i = 0; i < count; i++) {
    await new Promise<void>((resolve, reject) => {
      const socket = plain
        ? netConnect({ port, host: '127.0.0.1' })
        : connect({ port, host: '127.0.0.1', servername: name, ca: authorityPem, ciphers, ...versionsOf(version) });
      staying.push(socket);
      socket.once('error', reject);
      socket.once(plain ? 'connect' : 'secureConnect', () => socket.write('U', () => resolve()));
      socket.resume();
    });
  }
}

function serve(socket: TLSSocket): void {
  counts[socket.isSessionReused() ? 'resumed' : 'full'] += 1;
  answer(socket);
}

function answer(socket: Socket): void {
  socket.setNoDelay(true);
  let left = 0;
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    let rest = bytes;
    while (rest.length > 0) {
      if (left > 0) {
        const taken = Math.min(left, rest.length);
        left -= taken;
        rest = rest.subarray(taken);
        if (left === 0) socket.write('k');
        continue;
      }
      const [way, length] = [rest.toString('latin1', 0, 1), Number(rest.toString('latin1', 1, HEADER))];
      rest = rest.subarray(HEADER);
      if (way === 'U') left = length;
      else pour(socket, length);
    }
  });
}

function pour(socket: Socket, length: number): void {
  let sent = 0;
  const go = (): void => {
    while (sent < length) {
      const part = chunk.subarray(0, Math.min(CHUNK, length - sent));
      sent += part.length;
      if (!socket.write(part)) return void socket.once('drain', go);
    }
  };
  go();
}

const sessions = new Map<number, Buffer>();

/** Handshakes one after the other. The first one for a resumption is full, and keeps its session. */
async function visit(order: Order & { do: 'visit' }): Promise<void> {
  const { port, count, resumed } = order;
  if (resumed && !sessions.has(port)) sessions.set(port, await call(order, null));
  const session = resumed ? (sessions.get(port) ?? null) : null;
  for (let i = 0; i < count; i++) await call(order, session);
}

function call(
  { port, name, authorityPem, ciphers, version, resumed }: Order & { do: 'visit' },
  session: Buffer | null,
) {
  return new Promise<Buffer>((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: name,
      ca: authorityPem,
      ciphers,
      ...versionsOf(version),
      ecdhCurve: 'X25519:P-256',
      ...(session === null ? {} : { session }),
    });
    let kept: Buffer = Buffer.alloc(0);
    const primes = resumed && session === null;
    socket.setNoDelay(true);
    socket.on('session', (given: Buffer) => {
      kept = given;
      if (primes) socket.end();
    });
    socket.on('secureConnect', () => {
      if (socket.isSessionReused() !== (session !== null)) reject(new Error('not the handshake that was wanted'));
      if (!primes || kept.length > 0) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(kept));
    socket.resume();
  });
}

/** node-forge answers TLS 1.1 with TLS 1.0. */
function versionsOf(version: string) {
  return {
    minVersion: (version === 'TLSv1.1' ? 'TLSv1' : version) as SecureVersion,
    maxVersion: version as SecureVersion,
  };
}
