// The peer on node:tls, for the node that runs it: see program.ts for what it is asked and what it answers.
// What cannot be asked of a TLSSocket is in OpenSSL's trace, which goes to stderr.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect, createServer } from 'node:tls';

const EXPORTER_LABEL = 'EXPORTER-isotls-interop';
const BULK_BLOCK = 65_536;

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ version: process.versions.node, openssl: process.versions.openssl });

async function beClient(command) {
  const socket = connect({
    host: '127.0.0.1',
    port: command.port,
    servername: command.sni ? command.name : '',
    ca: readFileSync(command.ca),
    ...(command.sni ? {} : { checkServerIdentity: () => undefined }),
    ...(command.alpn.length > 0 ? { ALPNProtocols: command.alpn } : {}),
    ...(command.groups === null ? {} : { ecdhCurve: curves(command.groups) }),
    ...(command.suites === null ? {} : { ciphers: ciphers(command) }),
    ...(command.chain === null ? {} : { cert: readFileSync(command.chain), key: readFileSync(command.key) }),
    ...versions(command.versions),
    enableTrace: command.bulk === 0,
  });
  await once(socket, 'secureConnect');
  const facts = { ...factsOf(socket), authorized: socket.authorized };
  const input = new Input(socket);
  let echoed = 0;
  let bulk;
  if (command.bulk > 0) bulk = await sendBulk(socket, input, command.bulk);
  for (const file of command.bulk > 0 ? [] : command.payloads) {
    const payload = readFileSync(file);
    socket.write(payload);
    const back = await input.exactly(payload.length);
    if (!back.equals(payload)) throw new Error(`${payload.length} bytes came back changed`);
    echoed += payload.length;
  }
  socket.end();
  await input.end();
  return { ...facts, echoed, bulk };
}

async function beServer(command) {
  const server = createServer({
    cert: readFileSync(command.chain),
    key: readFileSync(command.key),
    ...versions(command.versions),
    ...(command.alpn.length > 0 ? { ALPNProtocols: command.alpn } : {}),
    ...(command.groups === null ? {} : { ecdhCurve: curves(command.groups) }),
    ...(command.suites === null ? {} : { ciphers: ciphers(command) }),
    ...(command.clientAuth === 'none' ? {} : { requestCert: true, ca: readFileSync(command.ca) }),
    rejectUnauthorized: command.clientAuth === 'require',
    enableTrace: command.bulk === 0,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  say({ port: server.address().port });
  try {
    const [socket] = await Promise.race([
      once(server, 'secureConnection'),
      once(server, 'tlsClientError').then(([error]) => Promise.reject(error)),
    ]);
    const facts = factsOf(socket);
    const hash = createHash('sha256');
    // A loop that destroyed the socket at the end could do so before its close_notify is out.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      hash.update(chunk);
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    const digest = hash.digest('hex');
    return { ...facts, bulk: { sent: digest, received: digest } };
  } finally {
    server.close();
  }
}

function factsOf(socket) {
  return {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName,
    ephemeral: socket.getEphemeralKeyInfo?.() ?? null,
    alpn: socket.alpnProtocol === false ? null : socket.alpnProtocol,
    servername: socket.servername ?? null,
    exported: socket.exportKeyingMaterial(32, EXPORTER_LABEL).toString('hex'),
  };
}

async function sendBulk(socket, input, length) {
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const reading = input.each(length, (chunk) => received.update(chunk));
  const block = Buffer.alloc(BULK_BLOCK, 'isotls');
  for (let at = 0; at < length; at += BULK_BLOCK) {
    block.writeUInt32BE(at);
    sent.update(block);
    // The socket keeps what it is given until it is written.
    if (!socket.write(Buffer.from(block))) await once(socket, 'drain');
  }
  await reading;
  return { sent: sent.digest('hex'), received: received.digest('hex') };
}

// What a socket delivers, by amount. */
class Input {
  #chunks;
  #rest = Buffer.alloc(0);

  constructor(socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async exactly(length) {
    const parts = [];
    await this.each(length, (chunk) => parts.push(chunk));
    return Buffer.concat(parts);
  }

  async each(length, take) {
    for (let at = 0; at < length; ) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done) throw new Error(`the data ended after ${at} of ${length} bytes`);
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, length - at);
      this.#rest = this.#rest.subarray(part.length);
      take(part);
      at += part.length;
    }
  }

  async end() {
    const { done } = await this.#chunks.next();
    if (!done) throw new Error('more data than were sent');
  }
}

/** "TLS 1.2" is "TLSv1.2" here. */
function versions(names) {
  const [least, most = least] = names.map((name) => name.replace(' ', 'v'));
  return { minVersion: least, maxVersion: most };
}

/** Half a tag is below the security level that OpenSSL asks for by default. */
function ciphers({ suites, ciphers }) {
  if (ciphers !== null) return ciphers;
  return [...suites, suites.includes('TLS_AES_128_CCM_8_SHA256') ? 'DEFAULT@SECLEVEL=0' : 'DEFAULT'].join(':');
}

/** OpenSSL's names for groups. */
function curves(groups) {
  const names = { x448: 'X448', x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
  return groups.map((group) => names[group] ?? group).join(':');
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = await (command.do === 'connect' ? beClient(command) : beServer(command)).catch((error) => ({
    error: `${error.code ?? ''} ${error.message}`,
  }));
  process.stderr.write('\nisotls: done\n');
  say(answer);
}
