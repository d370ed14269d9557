/**
 * `isotls ca`: a small authority for development and tests.
 *
 * `init` makes a root with its key, `issue` a certificate below it, straight or through an intermediate that is kept beside it;
 * `revoke`, `crl` and `ocsp` say what became of certificates. Files are PEM, but for OCSP responses.
 *
 * @see RFC 5280 §4 (certificates)
 * @module
 */
import { rmSync, writeFileSync } from 'node:fs';
import { type Certificate, decodeCertificate } from '../certs/certificate.ts';
import {
  createAuthority,
  generatePrivateKey,
  issueCertificate,
  KEY_KINDS,
  type KeyKind,
  validityFrom,
} from '../certs/issue.ts';
import { parseIp } from '../certs/name-match.ts';
import { encodePem } from '../certs/pem.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import { TlsConfigError, TlsError } from '../errors/errors.ts';
import { EXTENSION } from '../params/registries.ts';
import { days, list, Misuse, misuse, parse, text } from './ca-arguments.ts';
import { earliest, intermediateOf, random, readAuthority, writeAuthority, writeKey } from './ca-files.ts';
import { crl, ocsp, revoke } from './ca-status.ts';

/** Where a command writes. Texts come with their newlines. */
export interface CaOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/**
 * Runs `ca init …`, `ca issue …` and so on; `argv` is what follows `ca`. Resolves to the exit code: 0 done, 1 usage, 2 failure.
 */
export async function runCa(argv: readonly string[], io: CaOutput): Promise<number> {
  try {
    const [name = '', ...rest] = argv;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    io.stdout(command === undefined ? misuse('init, issue, revoke, crl or ocsp?') : command(rest));
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

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => string>> = { init, issue, revoke, crl, ocsp };

const USAGE = `isotls ca init --out DIR [--key KIND] [--name NAME] [--days N] [--json]
isotls ca issue --ca DIR --name N… [--ip A]… [--client] [--intermediate] [--must-staple] [--days N] [--key KIND] --out FILE.pem
                [--json]
isotls ca revoke --ca DIR --cert FILE.pem [--reason REASON] [--json]
isotls ca crl --ca DIR [--days N] --out FILE.pem [--json]
isotls ca ocsp --ca DIR --cert FILE.pem [--delegate] [--days N] --out FILE.der [--json]
KIND: ${KEY_KINDS.join(', ')}
`;

const DEFAULT_ROOT_DAYS = 3650;
const DEFAULT_DAYS = 365;

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

  const files = writeAuthority(folder, authority);
  return report(values['json'] === true, files, [authority.certificate]);
}

function issue(args: readonly string[]): string {
  const options = {
    ca: { type: 'string' },
    name: { type: 'string', multiple: true },
    ip: { type: 'string', multiple: true },
    client: { type: 'boolean' },
    intermediate: { type: 'boolean' },
    'must-staple': { type: 'boolean' },
    days: { type: 'string' },
    key: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean' },
  } as const;
  const { values, positionals } = parse(args, options, true);
  const folder = text(values['ca']) ?? misuse('--ca DIR is missing');
  const out = text(values['out']) ?? misuse('--out FILE.pem is missing');
  const { names, ips } = subjectNames([...list(values['name']), ...positionals], list(values['ip']));
  const kind = keyKind(values['key']);
  const validity = validityFrom(new Date(), days(values['days'], DEFAULT_DAYS));

  const root = readAuthority(folder);
  const issuer = values['intermediate'] === true ? intermediateOf(root, kind) : root;
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
      tlsFeatures: values['must-staple'] === true ? [EXTENSION.status_request] : undefined,
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

function keyKind(value: unknown): KeyKind {
  if (value === undefined) return 'p256';
  return KEY_KINDS.find((kind) => kind === value) ?? misuse(`--key ${value} is none of ${KEY_KINDS.join(', ')}`);
}

function isHostPattern(name: string): boolean {
  return /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(name);
}

function latest(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function describe(error: unknown): string {
  if (error instanceof TlsError || error instanceof TlsConfigError) return `${error.code}: ${error.message}`;
  // Errors of the file system begin with their code: "ENOENT: no such file or directory, open '…'".
  return error instanceof Error ? error.message : String(error);
}
