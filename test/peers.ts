/**
 * Other people's TLS programs, as peers for tests, and an authority made with openssl whose certificates they all take.
 *
 * Everything here ends with the test that started it. A program that this machine lacks fails the test under CI=true;
 * elsewhere the test is skipped with the reason.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { PATIENCE_MS } from './eventually.ts';
import { scratchFolder } from './scratch.ts';

export type Tool = 'openssl' | 'curl' | 'gnutls-cli' | 'gnutls-serv' | 'nginx' | (string & {});

/**
 * Whether this machine has a program. Where it lacks it, `t` fails (CI=true) or is marked as skipped: return at once then.
 *
 * @example
 * if (!hasTool(t, 'curl')) return;
 */
export function hasTool(t: TestContext, tool: Tool): boolean {
  // Daemons such as nginx live where an ordinary user's PATH does not lead.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  if (folders.some((folder) => existsSync(join(folder, tool)))) return true;
  const reason = `this machine has no ${tool}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return false;
}

// ---------------------------------------------------------------- processes

export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  /** Written to the program's stdin, which is then closed. Default: nothing. */
  readonly stdin?: string | Uint8Array | undefined;
  /** Leaves stdin open after `stdin` was written, until the program ends. */
  readonly keepStdin?: boolean | undefined;
  /** Milliseconds until it is killed. Default: PATIENCE_MS. */
  readonly timeout?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Runs a program to its end. Never rejects for what the program does. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(command, [...args], {
    env: { ...process.env, ...options.env },
    timeout: options.timeout ?? PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends before it has read all of its input is not an error of ours.
  child.stdin.on('error', () => {});
  if (options.stdin !== undefined) child.stdin.write(options.stdin);
  if (options.keepStdin !== true) child.stdin.end();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** A program that runs until its test ends. */
export interface Running {
  readonly child: ChildProcess;
  /** Both streams so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the match once stdout or stderr has it; rejects when the program ends first, or after PATIENCE_MS. */
  readonly until: (pattern: RegExp) => Promise<RegExpMatchArray>;
  readonly stop: () => Promise<void>;
}

/** Starts a program; it is killed when `t` ends. */
export function start(
  t: TestContext,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(command, [...args], { env: { ...process.env, ...env }, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  let wake = (): void => {};
  const ended = once(child, 'close');
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('latin1');
    wake();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('latin1');
    wake();
  });
  child.stdin.on('error', () => {});
  // Not at its exit: what it printed last may still be on its way.
  let gone = false;
  child.on('close', () => {
    gone = true;
    wake();
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  t.after(stop);

  const until = async (pattern: RegExp): Promise<RegExpMatchArray> => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = stdout.match(pattern) ?? stderr.match(pattern);
      if (found !== null) return found;
      if (gone || Date.now() > deadline) {
        throw new Error(`${command} ${gone ? 'ended' : 'did not print'} before ${pattern}\n${stdout}\n${stderr}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return { child, stdout: () => stdout, stderr: () => stderr, until, stop };
}

// Below the ports that outgoing connections get: none of those can take one away before the peer has it.
const FIRST_PORT = 10_000;
const LAST_PORT = 30_000;
const givenPorts = new Set<number>();

/** A TCP port that nobody listens on, for peers that cannot choose one themselves; another one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    // At random: two files run at a time, and are not to walk through the same ports.
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (givenPorts.has(port)) continue;
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, () => resolve(true));
    });
    if (!free) continue;
    givenPorts.add(port);
    server.close();
    await once(server, 'close');
    return port;
  }
}

// ---------------------------------------------------------------- openssl

export interface OpensslServer extends Running {
  readonly host: '127.0.0.1';
  readonly port: number;
}

/** Starts `openssl s_server` on a free port. `-www` answers HTTP; without it stdin goes to the client. */
export async function startOpensslServer(
  t: TestContext,
  options: {
    readonly credential: CredentialFiles;
    readonly www?: boolean | undefined;
    /** Default: -tls1_3. */
    readonly version?: '-tls1_2' | '-tls1_3' | undefined;
    /** More arguments, for example ['-groups', 'P-256']. */
    readonly args?: readonly string[] | undefined;
  },
): Promise<OpensslServer> {
  const { credential } = options;
  const running = start(t, 'openssl', [
    ...[
      's_server',
      '-accept',
      '127.0.0.1:0',
      options.version ?? '-tls1_3',
      '-cert',
      credential.leaf,
      '-key',
      credential.key,
    ],
    ...['-cert_chain', credential.intermediate],
    ...(options.www === false ? [] : ['-www']),
    ...(options.args ?? []),
  ]);
  const [, port] = await running.until(/ACCEPT 127\.0\.0\.1:(\d+)/);
  return { ...running, host: '127.0.0.1', port: Number(port) };
}

/** Starts nginx on a free port, by default with TLS 1.3 alone. It serves its folder's `index.html`, whose text is `page`. */
export async function startNginx(
  t: TestContext,
  options: {
    readonly credential: CredentialFiles;
    readonly page: string;
    /** Default: TLSv1.3. */
    readonly protocols?: string | undefined;
    /** More lines for the server block. */
    readonly lines?: readonly string[] | undefined;
  },
): Promise<Running & { readonly host: '127.0.0.1'; readonly port: number }> {
  const folder = scratchFolder('nginx');
  const port = await freePort();
  const { credential, page, protocols = 'TLSv1.3', lines = [] } = options;
  writeFileSync(join(folder, 'index.html'), page);
  const server = [
    `listen 127.0.0.1:${port} ssl;`,
    `ssl_protocols ${protocols};`,
    `ssl_certificate ${credential.chain};`,
    `ssl_certificate_key ${credential.key};`,
    `root ${folder};`,
    ...lines,
  ];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const http = ['access_log off;', ...temporary, `server { ${server.join(' ')} }`];
  writeFileSync(join(folder, 'nginx.conf'), `events {}\nhttp { ${http.join('\n')} }\n`);
  const globals = `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr notice;`;
  const path = { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/usr/local/sbin` };
  const running = start(t, 'nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', globals], path);
  await running.until(/start worker process|using the "epoll" event method/);
  await acceptsConnections(port);
  return { ...running, host: '127.0.0.1', port };
}

async function acceptsConnections(port: number): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    const socket = connect(port, '127.0.0.1');
    const answered = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** Runs the command line of this checkout, `isotls …`, from its sources. */
export function runIsotls(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [...ISOTLS, ...args], options);
}

/** Starts `isotls serve …` on a free port of 127.0.0.1 and waits until it listens. */
export async function startIsotlsServer(
  t: TestContext,
  args: readonly string[],
): Promise<Running & { readonly host: '127.0.0.1'; readonly port: number }> {
  const running = start(t, process.execPath, [...ISOTLS, 'serve', '--host', '127.0.0.1', '--port', '0', ...args]);
  const [, port] = await running.until(/^listening on 127\.0\.0\.1:(\d+)\r?\n/);
  return { ...running, host: '127.0.0.1', port: Number(port) };
}

const CHECKOUT = join(import.meta.dirname, '..');
const ISOTLS = ['--import', 'tsx', join(CHECKOUT, 'src', 'cli', 'main.ts')];

// ---------------------------------------------------------------- an authority

export type KeyKind = 'p256' | 'p384' | 'p521' | 'ed25519' | 'rsa2048' | 'rsa-pss2048';

/** PEM files of one end entity. */
export interface CredentialFiles {
  /** The leaf and the intermediate. */
  readonly chain: string;
  readonly leaf: string;
  readonly intermediate: string;
  readonly key: string;
}

/** A root, an intermediate and the end entities below it. Files are made when first asked for. */
export interface Authority {
  readonly folder: string;
  /** The root, as a PEM file and as text. */
  readonly ca: string;
  readonly caText: string;
  /** For localhost, example.test, *.example.test, 127.0.0.1 and ::1. */
  server(kind?: KeyKind): CredentialFiles;
  /** For clientAuth, with the common name "client". */
  client(kind?: KeyKind): CredentialFiles;
}

/**
 * The authority of this process, made with openssl when first asked for, so that what our peers take is not judged by our
 * own code alone. Null when the machine has no openssl: `t` is then marked as skipped.
 */
export function makeAuthority(t: TestContext): Authority | null {
  if (!hasTool(t, 'openssl')) return null;
  authority ??= createAuthority();
  return authority;
}

let authority: Authority | null = null;

const KEY_ARGUMENTS: Readonly<Record<KeyKind, readonly string[]>> = {
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  p521: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  ed25519: ['-algorithm', 'ED25519'],
  rsa2048: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-pss2048': ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
};

const EXTENSIONS = {
  root: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign', 'subjectKeyIdentifier=hash'],
  intermediate: [
    'basicConstraints=critical,CA:TRUE,pathlen:0',
    'keyUsage=critical,keyCertSign,cRLSign',
    'subjectKeyIdentifier=hash',
    'authorityKeyIdentifier=keyid',
  ],
  server: [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    'subjectAltName=DNS:localhost,DNS:example.test,DNS:*.example.test,IP:127.0.0.1,IP:::1',
    'authorityKeyIdentifier=keyid',
  ],
  rsaServer: [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature,keyEncipherment',
    'extendedKeyUsage=serverAuth',
    'subjectAltName=DNS:localhost,DNS:example.test,DNS:*.example.test,IP:127.0.0.1,IP:::1',
    'authorityKeyIdentifier=keyid',
  ],
  client: [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=clientAuth',
    'authorityKeyIdentifier=keyid',
  ],
} as const;

function createAuthority(): Authority {
  const folder = scratchFolder('test');
  const file = (name: string): string => join(folder, name);

  makeKey(file('ca.key'), 'p256');
  const root = ['-x509', '-days', '30', '-key', file('ca.key'), '-subj', '/O=isotls/CN=isotls test root'];
  openssl(['req', ...root, '-out', file('ca.pem'), ...extensionArguments('root')]);
  issue('intermediate', 'p256', 'ca', 'isotls test intermediate', 'intermediate');

  const made = new Map<string, CredentialFiles>();
  const credential = (role: 'server' | 'client', kind: KeyKind): CredentialFiles => {
    const name = `${role}-${kind}`;
    const cached = made.get(name);
    if (cached !== undefined) return cached;

    // RFC 5246 §7.4.2: static RSA needs keyEncipherment.
    const as = role === 'server' && kind === 'rsa2048' ? 'rsaServer' : role;
    issue(name, kind, 'intermediate', role === 'server' ? 'localhost' : 'client', as);
    const chain = file(`${name}-chain.pem`);
    writeFileSync(chain, readFileSync(file(`${name}.pem`), 'utf8') + readFileSync(file('intermediate.pem'), 'utf8'));
    const files = {
      chain,
      leaf: file(`${name}.pem`),
      intermediate: file('intermediate.pem'),
      key: file(`${name}.key`),
    };
    made.set(name, files);
    return files;
  };
  return {
    folder,
    ca: file('ca.pem'),
    caText: readFileSync(file('ca.pem'), 'utf8'),
    server: (kind = 'p256') => credential('server', kind),
    client: (kind = 'p256') => credential('client', kind),
  };

  function issue(name: string, kind: KeyKind, issuer: string, commonName: string, as: keyof typeof EXTENSIONS): void {
    makeKey(file(`${name}.key`), kind);
    const signing = ['-CA', file(`${issuer}.pem`), '-CAkey', file(`${issuer}.key`), '-days', '30'];
    const subject = ['-key', file(`${name}.key`), '-subj', `/O=isotls/CN=${commonName}`];
    openssl(['req', '-x509', ...signing, ...subject, '-out', file(`${name}.pem`), ...extensionArguments(as)]);
  }
}

function extensionArguments(as: keyof typeof EXTENSIONS): string[] {
  // Without a section of its own, req would add the default extensions of openssl.cnf.
  return ['-config', '/dev/null', ...EXTENSIONS[as].flatMap((extension) => ['-addext', extension])];
}

function makeKey(path: string, kind: KeyKind): void {
  openssl(['genpkey', ...KEY_ARGUMENTS[kind], '-out', path]);
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}
