/**
 * Peers that are small programs of this folder, one per language: they take commands as lines of JSON on stdin and answer
 * with lines of JSON on stdout, so that one process serves all connections of a matrix.
 *
 * Commands: `connect` (a client: connect, send each payload file and expect it back, close, answer with a report) and `serve` (a
 * server: listen, answer with the port, send back what comes on one connection until it ends, answer with a report). A report
 * has the fields of `Report` that the program can tell, in numbers of the registries or in its own names, which the peer's
 * test file translates; `error` in place of what it could not do.
 *
 * @module
 */
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ALL_CIPHER_SUITES, byName } from '../../src/params/algorithms.ts';
import type { InteropAuthority } from './authority.ts';
import type { PeerTask, Report } from './peer.ts';
import { startPeer } from './process.ts';
import { payloadsFor, SERVER_NAME } from './suite.ts';
import { opensslCiphers } from './suite-names.ts';

/** What a program answers, before its test file has translated it. */
export type RawReport = Readonly<Record<string, unknown>>;

export interface Program {
  connect(port: number, task: PeerTask): Promise<RawReport>;
  serve(task: PeerTask): Promise<{ readonly host: string; readonly port: number; report(): Promise<RawReport> }>;
  /** The first line that it printed: its versions. */
  readonly hello: RawReport;
  /** Its stderr since the last command began; waits for the line with which the program ends each command there. */
  log(): Promise<string>;
}

/** What a program prints on stderr when a command is done. */
const DONE = /^isotls: done$/m;

/** Starts a program; it ends with `t`. */
export async function startProgram(
  t: TestContext,
  authority: InteropAuthority,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  // Traces are long, and a full pipe would lose what OpenSSL writes to it.
  const logFile = join(mkdtempSync(join(authority.folder, 'program-')), 'stderr');
  const running = startPeer(t, 'sh', ['-c', 'exec "$@" 2>"$ISOTLS_LOG"', 'sh', command, ...args], {
    ...env,
    ISOTLS_LOG: logFile,
  });
  const { child } = running;
  if (child.stdout === null) throw new Error(`${command} has no stdout`);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let logged = 0;

  /** Its stderr from an offset on. */
  const log = (from = 0): string => {
    if (!existsSync(logFile)) return '';
    const file = openSync(logFile, 'r');
    const rest = Buffer.alloc(Math.max(0, fstatSync(file).size - from));
    readSync(file, rest, 0, rest.length, from);
    closeSync(file);
    return rest.toString('latin1');
  };
  const answer = async (): Promise<RawReport> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${command} ended: ${log().slice(-4000)}`);
    return JSON.parse(value) as RawReport;
  };
  /** The report of a server that nobody has read yet. */
  let unread: Promise<unknown> = Promise.resolve();
  const ask = async (what: object): Promise<RawReport> => {
    // A case that failed may have left it behind.
    await unread;
    logged = existsSync(logFile) ? statSync(logFile).size : 0;
    running.type(`${JSON.stringify(what)}\n`);
    return answer();
  };
  const payloads = payloadsFor(false, { long: true }).map((bytes, i) => {
    const file = join(authority.folder, `payload-${i}`);
    writeFileSync(file, bytes);
    return file;
  });
  const common = (task: PeerTask) => ({
    ca: authority.ca,
    alpn: task.alpn,
    versions: task.versions,
    suites: task.suites,
    codes: task.suites?.map((name) => byName(ALL_CIPHER_SUITES, name)?.code) ?? null,
    ciphers: task.versions.includes('TLS 1.2') && task.suites !== null ? opensslCiphers(task.suites) : null,
    groups: task.groups,
    rekey: task.rekey,
    bulk: task.bulk,
  });

  return {
    hello: await answer(),
    connect(port, task) {
      const credential = task.clientCertificate === null ? null : authority.client(task.clientCertificate);
      return ask({
        do: 'connect',
        port,
        name: SERVER_NAME,
        sni: task.sni,
        chain: credential?.chain ?? null,
        key: credential?.key ?? null,
        payloads: task.long ? payloads : payloads.slice(0, -1),
        ...common(task),
      });
    },
    async serve(task) {
      const { chain, key } = authority.server(task.certificate);
      const { port, error } = await ask({ do: 'serve', chain, key, clientAuth: task.clientAuth, ...common(task) });
      if (typeof port !== 'number') throw new Error(`${command} does not listen: ${error}`);
      const report = answer();
      unread = report.catch(() => {});
      return { host: '127.0.0.1', port, report: () => report };
    },
    async log() {
      for (;;) {
        const text = log(logged);
        if (DONE.test(text)) return text;
        if (!running.runs()) throw new Error(`${command} ended: ${text.slice(-4000)}`);
        await delay(5);
      }
    },
  };
}

/** A program's report without error, or the error. */
export function checked(raw: RawReport, refused: boolean): RawReport {
  if (typeof raw['error'] === 'string' && !refused) throw new Error(`the peer says: ${raw['error']}`);
  return raw;
}

/** The facts that a program states in our own terms. */
export function plainFacts(raw: RawReport): Report {
  return {
    ...(typeof raw['alpn'] === 'string' || raw['alpn'] === null ? { alpn: raw['alpn'] } : {}),
    ...(typeof raw['serverName'] === 'string' || raw['serverName'] === null ? { serverName: raw['serverName'] } : {}),
    ...(typeof raw['helloRetryRequest'] === 'boolean' ? { helloRetryRequest: raw['helloRetryRequest'] } : {}),
    ...(typeof raw['extendedMainSecret'] === 'boolean' ? { extendedMainSecret: raw['extendedMainSecret'] } : {}),
    ...(typeof raw['encryptThenMac'] === 'boolean' ? { encryptThenMac: raw['encryptThenMac'] } : {}),
    ...(typeof raw['clientCertificate'] === 'boolean' ? { clientCertificate: raw['clientCertificate'] } : {}),
    ...(typeof raw['keyUpdates'] === 'number' ? { keyUpdates: raw['keyUpdates'] } : {}),
    ...(typeof raw['exported'] === 'string' ? { exported: raw['exported'] } : {}),
    ...(typeof raw['echoed'] === 'number' ? { echoed: raw['echoed'] } : {}),
    ...(typeof raw['closed'] === 'boolean' ? { closed: raw['closed'] } : {}),
    ...(typeof raw['bulk'] === 'object' && raw['bulk'] !== null ? { bulk: raw['bulk'] as Report['bulk'] } : {}),
  };
}
