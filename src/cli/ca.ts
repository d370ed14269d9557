/**
 * `isotls ca`: a small authority for development and tests.
 *
 * `init` makes a root with its key, `issue` a certificate below it, straight or through an intermediate made for it. Files are
 * PEM; private keys can be read by their owner alone, and no file is overwritten by `init`, since a lost root key cannot be
 * made again.
 *
 * @see RFC 7468 (PEM), RFC 5958 (private keys)
 * @module
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Certificate, decodeCertificate } from '../certs/certificate.ts';
import {
  type Authority,
  createAuthority,
  generatePrivateKey,
  issueCertificate,
  KEY_KINDS,
  type KeyKind,
  validityFrom,
} from '../certs/issue.ts';
import { encodePrivateKey, readPrivateKey } from '../certs/keys.ts';
import { parseIp } from '../certs/name-match.ts';
import { decodePem, encodePem } from '../certs/pem.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { PrivateKey } from '../crypto/provider.ts';
import { TlsConfigError, TlsError } from '../errors/errors.ts';

/** Where a command writes. Texts come with their newlines. */
export interface CaOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/**
 * Runs `ca init …` or `ca issue …`; `argv` is what follows `ca`. Resolves to the exit code: 0 done, 1 usage, 2 failure.
 */
export async function runCa(argv: readonly string[], io: CaOutput): Promise<number> {
  try {
    const [command, ...rest] = argv;
    const report = command === 'init' ? init(rest) : command === 'issue' ? issue(rest) : misuse('init or issue?');
    io.stdout(report);
    return 0;
  } catch (error) {
    if (error instanceof Misuse) {
      io.stderr(`usage: ${error.message}\n${USAGE}`);
      return 1;
    }
    io.stderr(`${describe(error)}\n`);
    return 2;
  }
}

const USAGE = `isotls ca init --out DIR [--key KIND] [--name NAME] [--days N] [--json]
isotls ca issue --ca DIR --name N… [--ip A]… [--client] [--intermediate] [--days N] [--key KIND] --out FILE.pem [--json]
KIND: ${KEY_KINDS.join(', ')}
`;

const DEFAULT_ROOT_DAYS = 3650;
const DEFAULT_DAYS = 365;

/** Arguments that cannot be used. */
class Misuse extends Error {}

function init(args: readonly string[]): string {
  const { values } = parse(args, {
    out: { type: 'string' },
    key: { type: 'string' },
    name: { type: 'string' },
    days: { type: 'string' },
    json: { type: 'boolean' },
  });
  const folder = text(values['out']) ?? misuse('--out DIR is missing');
  const authority = createAuthority({
    name: text(values['name']) ?? 'CN=isotls development root',
    kind: keyKind(values['key']),
    days: days(values['days'], DEFAULT_ROOT_DAYS),
    now: new Date(),
    random,
  });

  const certificateFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'ca-key.pem');
  mkdirSync(folder, { recursive: true });
  // Neither over an existing file: whoever trusts the old root would lose it.
  for (const file of [certificateFile, keyFile])
    if (existsSync(file)) throw new Error(`EEXIST: ${file} exists already`);
  writeKey(keyFile, authority.key);
  writeFileSync(certificateFile, encodePem('CERTIFICATE', authority.certificate.der), { flag: 'wx' });
  return report(values['json'] === true, { certificate: certificateFile, key: keyFile }, [authority.certificate]);
}

function issue(args: readonly string[]): string {
  const { values, positionals } = parse(args, {
    ca: { type: 'string' },
    name: { type: 'string', multiple: true },
    ip: { type: 'string', multiple: true },
    client: { type: 'boolean' },
    intermediate: { type: 'boolean' },
    days: { type: 'string' },
    key: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean' },
  });
  const folder = text(values['ca']) ?? misuse('--ca DIR is missing');
  const out = text(values['out']) ?? misuse('--out FILE.pem is missing');
  const { names, ips } = subjectNames([...list(values['name']), ...positionals], list(values['ip']));
  const kind = keyKind(values['key']);
  const validity = validityFrom(new Date(), days(values['days'], DEFAULT_DAYS));

  const root = readAuthority(folder);
  const issuer = values['intermediate'] === true ? createIntermediate(root, kind) : root;
  const key = generatePrivateKey(kind, random);
  const leaf = decodeCertificate(
    issueCertificate({
      subject: `CN=${(names[0] ?? ips[0] ?? '').slice(0, MAX_COMMON_NAME).replace(/,/g, '\\,')}`,
      issuer,
      publicKey: nobleProvider.publicKey(key),
      // A client's name need not be a host's; then it stands in the subject alone.
      names: names.filter((name) => isHostPattern(name) || name.includes('@')),
      ips,
      purposes: [values['client'] === true ? 'clientAuth' : 'serverAuth'],
      notBefore: latest(validity.notBefore, issuer.certificate.validity.notBefore),
      notAfter: earliest(validity.notAfter, issuer.certificate.validity.notAfter),
      random,
    }),
  );

  const chain = issuer === root ? [leaf] : [leaf, issuer.certificate];
  const keyFile = out.endsWith('.pem') ? out.replace(/\.pem$/, '-key.pem') : `${out}-key.pem`;
  rmSync(keyFile, { force: true });
  writeKey(keyFile, key);
  writeFileSync(out, chain.map(({ der }) => encodePem('CERTIFICATE', der)).join(''));
  return report(values['json'] === true, { certificate: out, key: keyFile }, chain);

  function subjectNames(given: readonly string[], addresses: readonly string[]) {
    for (const address of addresses) if (parseIp(address) === null) misuse(`--ip ${address} is not an address`);
    const all = {
      names: given.filter((name) => parseIp(name) === null),
      ips: [...addresses, ...given.filter(parseIp)],
    };
    if (all.names.length + all.ips.length === 0) misuse('--name N is missing');
    for (const name of all.names) {
      const usable = isHostPattern(name) || values['client'] === true;
      if (!usable) misuse(`--name ${name} is not a host name (letters, digits, hyphens, "*." in front)`);
    }
    return all;
  }
}

/** RFC 5280 Appendix A.1, ub-common-name. */
const MAX_COMMON_NAME = 64;

function createIntermediate(root: Authority, kind: KeyKind): Authority {
  const key = generatePrivateKey(kind, random);
  const { notBefore, notAfter } = root.certificate.validity;
  const der = issueCertificate({
    subject: 'CN=isotls development intermediate',
    issuer: root,
    publicKey: nobleProvider.publicKey(key),
    ca: { pathLength: 0 },
    notBefore,
    notAfter,
    random,
  });
  return { certificate: decodeCertificate(der), key };
}

function readAuthority(folder: string): Authority {
  const certificateFile = join(folder, 'ca.pem');
  const block = decodePem(readFileSync(certificateFile, 'utf8')).find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined) throw new TlsConfigError('ERR_CONFIG_PEM', `${certificateFile} has no CERTIFICATE block`);
  const key = readPrivateKey(readFileSync(join(folder, 'ca-key.pem'), 'utf8'));
  return { certificate: decodeCertificate(block.der), key };
}

/** A new file, since an old one would keep its permissions. */
function writeKey(file: string, key: PrivateKey): void {
  writeFileSync(file, encodePem('PRIVATE KEY', encodePrivateKey(key)), { mode: 0o600, flag: 'wx' });
}

function report(
  json: boolean,
  files: { readonly certificate: string; readonly key: string },
  chain: readonly Certificate[],
): string {
  if (!json) return `certificate ${files.certificate}\nprivate key ${files.key}\n`;
  const certificates = chain.map(({ subject, issuer, validity, extensions }) => ({
    subject: subject.name,
    issuer: issuer.name,
    notBefore: validity.notBefore.toISOString(),
    notAfter: validity.notAfter.toISOString(),
    names: extensions.subjectAltName?.dns ?? [],
  }));
  return `${JSON.stringify({ ...files, certificates })}\n`;
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

function parse(args: readonly string[], options: Options): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: 'ca' in options, strict: true });
  } catch (error) {
    return misuse(error instanceof Error ? error.message : String(error));
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function keyKind(value: unknown): KeyKind {
  if (value === undefined) return 'p256';
  return KEY_KINDS.find((kind) => kind === value) ?? misuse(`--key ${value} is none of ${KEY_KINDS.join(', ')}`);
}

function days(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const count = Number(value);
  return Number.isInteger(count) && count > 0 && count <= 36500
    ? count
    : misuse(`--days ${value} is not a number of days`);
}

function isHostPattern(name: string): boolean {
  return /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(name);
}

function latest(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function earliest(a: Date, b: Date): Date {
  return a < b ? a : b;
}

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

function misuse(sentence: string): never {
  throw new Misuse(sentence);
}

function describe(error: unknown): string {
  if (error instanceof TlsError || error instanceof TlsConfigError) return `${error.code}: ${error.message}`;
  // Errors of the file system begin with their code: "ENOENT: no such file or directory, open '…'".
  return error instanceof Error ? error.message : String(error);
}
