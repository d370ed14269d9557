/**
 * `isotls verify`: is a chain good, for a name, at a time? Prints the path, or what was refused, by which rule.
 *
 * The files' first certificate is the leaf, the others may be of use in any order. Nothing is fetched.
 *
 * @see RFC 5280 §6 (path validation), RFC 9525 (names)
 * @module
 */
import { parseArgs } from 'node:util';
import { bundledTrust } from '../adapters/node-roots.ts';
import type { Certificate } from '../certs/certificate.ts';
import { parseIp } from '../certs/name-match.ts';
import type { PathRefusal } from '../certs/path-builder.ts';
import { pinOf } from '../certs/pins.ts';
import type { RevocationPolicy } from '../certs/revocation.ts';
import { type Verdict, type VerifyInput, verifyCertificateChain } from '../certs/verifier.ts';
import type { PublicKey } from '../crypto/provider.ts';
import type { TlsError } from '../errors/errors.ts';
import { oneLine } from './facts.ts';
import { EXIT, type Io, UsageError } from './io.ts';
import { crlsOf, derOf, orUsage, readBytes, trustOf } from './options.ts';

/** Runs `verify …`; `argv` is what follows it. Resolves to the exit code: 0 a good chain, 2 a refused one. */
export async function runVerify(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS }),
  );
  const input = inputOf(positionals, values);
  const verdict = verifyCertificateChain(input);
  if (values.json === true)
    io.stdout.write(`${JSON.stringify(verdict.ok ? goodFacts(verdict, input) : badFacts(verdict))}\n`);
  if (!verdict.ok) {
    io.stderr.write(refusalText(verdict));
    return EXIT.tls;
  }
  if (values.json !== true) io.stdout.write(pathText(verdict.path, input));
  return EXIT.done;
}

const OPTIONS = {
  ca: { type: 'string', multiple: true },
  host: { type: 'string' },
  time: { type: 'string' },
  purpose: { type: 'string' },
  crl: { type: 'string', multiple: true },
  ocsp: { type: 'string' },
  policy: { type: 'string', multiple: true },
  pin: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

interface Values {
  readonly ca?: readonly string[] | undefined;
  readonly host?: string | undefined;
  readonly time?: string | undefined;
  readonly purpose?: string | undefined;
  readonly crl?: readonly string[] | undefined;
  readonly ocsp?: string | undefined;
  readonly policy?: readonly string[] | undefined;
  readonly pin?: readonly string[] | undefined;
}

function inputOf(files: readonly string[], values: Values): VerifyInput {
  if (files.length === 0) throw new UsageError('verify needs a file with a chain');
  const [leaf, ...intermediates] = files.flatMap((file) => derOf('verify', file, 'CERTIFICATE'));
  if (leaf === undefined) throw new UsageError(`${files.join(', ')}: no certificate`);
  const { host } = values;
  return {
    leaf,
    intermediates,
    anchors: trustOf(values.ca) ?? bundledTrust(),
    time: timeOf(values.time),
    purpose: purposeOf(values.purpose),
    name: host === undefined ? undefined : parseIp(host) === null ? { dns: host } : { ip: host },
    policies: values.policy,
    pins: values.pin,
    revocation: revocationOf(values),
  };
}

function timeOf(text: string | undefined): Date {
  const time = text === undefined ? new Date() : new Date(text);
  if (Number.isNaN(time.getTime())) throw new UsageError(`--time is a date as 2026-11-23T12:00:00Z, not ${text}`);
  return time;
}

function purposeOf(text: string | undefined): 'serverAuth' | 'clientAuth' {
  if (text === undefined || text === 'server') return 'serverAuth';
  if (text === 'client') return 'clientAuth';
  throw new UsageError(`--purpose is server or client, not ${text}`);
}

/** Who hands in a list or a response wants to know: the leaf needs an answer, and one that cannot be used is none. */
function revocationOf({ crl, ocsp }: Values): RevocationPolicy | undefined {
  if (crl === undefined && ocsp === undefined) return undefined;
  return {
    mode: 'hard',
    demand: 'leaf',
    crls: crlsOf(crl),
    ocspResponse: ocsp === undefined ? undefined : readBytes('ocsp', ocsp),
  };
}

function pathText(path: readonly Certificate[], input: VerifyInput): string {
  const lines = path.map((certificate, index) => {
    const { subject, validity, publicKey } = certificate;
    const place = index + 1 === path.length ? 'anchor' : index === 0 ? 'leaf' : `issuer ${index}`;
    const until = dateText(validity.notAfter)?.slice(0, 10) ?? 'forever';
    return `${place.padEnd(9)} ${oneLine(subject.name)} (${keyText(publicKey)}, until ${until})\n`;
  });
  const { name, time, purpose, revocation } = input;
  return [
    'good\n',
    ...lines,
    `name      ${name === undefined ? 'not checked: no --host' : Object.values(name).join()}\n`,
    `purpose   ${String(purpose)}\n`,
    `time      ${time.toISOString()}\n`,
    `revoked   ${revocation === undefined ? 'not checked: neither --crl nor --ocsp' : 'no'}\n`,
  ].join('');
}

function keyText(key: PublicKey | null): string {
  if (key === null) return 'unknown key';
  if (key.kind === 'ec') return key.curve;
  return key.kind === 'rsa' ? `rsa ${key.modulus.length * 8}` : key.kind;
}

function refusalText({ error, trace }: Extract<Verdict, { ok: false }>): string {
  const certificate = refusedOf(error, trace);
  const others = trace.filter((refusal) => refusal.error !== error).map((refusal) => `also ${refusalLine(refusal)}\n`);
  return [
    `${error.code}: ${oneLine(error.message)}\n`,
    ...(certificate === null ? [] : [`certificate: ${oneLine(certificate)}\n`]),
    `rule: ${error.section}\n`,
    `alert: ${error.alert ?? 'none'}\n`,
    ...others.slice(0, MOST_LINES),
    ...(others.length > MOST_LINES ? [`and ${others.length - MOST_LINES} more; --json has them all\n`] : []),
  ].join('');
}

/** Of other candidates' refusals. */
const MOST_LINES = 8;

function refusalLine({ path, error }: PathRefusal): string {
  return `${path.map(oneLine).join(' < ') || 'an anchor'}: ${error.code}: ${oneLine(error.message)}`;
}

/** The certificate that a refusal is about: the last of its path. */
function refusedOf(error: TlsError, trace: readonly PathRefusal[]): string | null {
  return trace.find((refusal) => refusal.error === error)?.path.at(-1) ?? null;
}

function goodFacts({ path }: Extract<Verdict, { ok: true }>, input: VerifyInput): object {
  return {
    ok: true,
    path: path.map((certificate) => ({
      subject: certificate.subject.name,
      issuer: certificate.issuer.name,
      serial: Buffer.from(certificate.serial).toString('hex'),
      notBefore: dateText(certificate.validity.notBefore),
      notAfter: dateText(certificate.validity.notAfter),
      key: keyText(certificate.publicKey),
      pin: pinOf(certificate),
    })),
    name: input.name ?? null,
    purpose: input.purpose,
    time: input.time.toISOString(),
    revocationChecked: input.revocation !== undefined,
  };
}

/** Null for the ends of time, which an anchor without a certificate has. */
function dateText(date: Date): string | null {
  const year = date.getUTCFullYear();
  return year > 9999 || year < 0 ? null : date.toISOString();
}

function badFacts({ error, trace }: Extract<Verdict, { ok: false }>): object {
  return { ok: false, ...errorFacts(error), certificate: refusedOf(error, trace), trace: trace.map(traceFacts) };
}

function traceFacts({ path, error }: PathRefusal): object {
  return { path, ...errorFacts(error) };
}

function errorFacts({ code, message, section, alert }: TlsError): object {
  return { code, message, section, alert };
}
