/**
 * The options that `connect` and `serve` share: from words on a command line to the options of a config.
 *
 * @module
 */
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { type Credential, createCredential } from '../certs/credential.ts';
import { decodePem } from '../certs/pem.ts';
import { createTrustStore, type TrustStore } from '../certs/trust-store.ts';
import type { ClientOptions } from '../connection/config.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import { nodeProvider } from '../crypto/node/provider.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { schemeFits } from '../crypto/signer.ts';
import {
  byName,
  type CipherSuiteName,
  type GroupName,
  SIGNATURE_SCHEMES,
  type SignatureSchemeName,
} from '../params/algorithms.ts';
import type { VersionName } from '../params/registries.ts';
import { UsageError } from './io.ts';

export const TLS_OPTIONS = {
  alpn: { type: 'string' },
  'min-version': { type: 'string' },
  'max-version': { type: 'string' },
  'cipher-suites': { type: 'string' },
  groups: { type: 'string' },
  'signature-schemes': { type: 'string' },
  ca: { type: 'string', multiple: true },
  cert: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  keylog: { type: 'string' },
  trace: { type: 'boolean' },
  provider: { type: 'string' },
  json: { type: 'boolean' },
} as const;

interface TlsValues {
  readonly alpn?: string | undefined;
  readonly 'min-version'?: string | undefined;
  readonly 'max-version'?: string | undefined;
  readonly 'cipher-suites'?: string | undefined;
  readonly groups?: string | undefined;
  readonly keylog?: string | undefined;
  readonly provider?: string | undefined;
}

/** What both roles make of them. Names are checked when the config is defined. */
export function tlsOptions(
  values: TlsValues,
): Pick<ClientOptions, 'crypto' | 'alpn' | 'minVersion' | 'maxVersion' | 'cipherSuites' | 'groups' | 'keyLog'> {
  return {
    crypto: providerOf(values.provider),
    alpn: listOf(values.alpn),
    minVersion: versionOf('min-version', values['min-version']),
    maxVersion: versionOf('max-version', values['max-version']),
    cipherSuites: listOf(values['cipher-suites']) as readonly CipherSuiteName[] | undefined,
    groups: listOf(values.groups) as readonly GroupName[] | undefined,
    keyLog: values.keylog !== undefined,
  };
}

const PROVIDERS: Readonly<Record<string, CryptoProvider>> = { noble: nobleProvider, node: nodeProvider };

function providerOf(name: string = 'noble'): CryptoProvider {
  const provider = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (provider === undefined) throw new UsageError(`--provider ${name}: there are noble and node`);
  return provider;
}

/** The names of a comma-separated list. */
export function listOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((name) => name.trim());
}

export function schemesOf(text: string | undefined): readonly SignatureSchemeName[] | undefined {
  return listOf(text) as readonly SignatureSchemeName[] | undefined;
}

/** A whole number from `least` up. */
export function countOf(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < least || count > most) {
    throw new UsageError(`--${option} is a whole number from ${least} to ${most}, not ${text}`);
  }
  return count;
}

/** Runs `parseArgs`, whose complaints are about the command line. */
export function orUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // What it has to say may fill several lines.
    throw new UsageError(error.message.replace(/\s*\n\s*/g, ' '));
  }
}

export function trustOf(files: readonly string[] | undefined): TrustStore | undefined {
  return files === undefined ? undefined : createTrustStore(files.map((file) => readText('ca', file)));
}

/** The CRLs of these files, each PEM or DER. */
export function crlsOf(files: readonly string[] | undefined): readonly Uint8Array[] {
  return (files ?? []).flatMap((file) => {
    const crls = derOf('crl', file, 'X509 CRL');
    if (crls.length === 0) throw new UsageError(`--crl ${file}: no X509 CRL block`);
    return crls;
  });
}

/** The blocks of a PEM file with this label, or a file that is DER as a whole. */
export function derOf(option: string, file: string, label: string): readonly Uint8Array[] {
  const bytes = readBytes(option, file);
  const text = new TextDecoder('latin1').decode(bytes);
  if (!text.includes('-----BEGIN ')) return [bytes];
  return decodePem(text)
    .filter((block) => block.label === label)
    .map(({ der }) => der);
}

/**
 * Certificates and keys in pairs; without any --key the keys are in the files of the certificates. The OCSP responses, DER, are
 * for the certificates in their order.
 */
export function credentialsOf(
  values: { readonly cert?: readonly string[] | undefined; readonly key?: readonly string[] | undefined },
  schemes?: readonly SignatureSchemeName[],
  staples: readonly string[] = [],
): readonly Credential[] {
  const certificates = values.cert ?? [];
  const keys = values.key ?? certificates;
  if (certificates.length !== keys.length) {
    throw new UsageError(`${certificates.length} --cert and ${keys.length} --key do not make pairs`);
  }
  if (staples.length > certificates.length) {
    throw new UsageError(`${staples.length} --ocsp are too many for ${certificates.length} --cert`);
  }
  return certificates.flatMap((file, index) => {
    const staple = staples[index];
    const input = {
      certificates: readText('cert', file),
      key: readText('key', keys[index] ?? file),
      ocspResponse: staple === undefined ? undefined : readBytes('ocsp', staple),
    };
    const credential = createCredential(input);
    if (schemes === undefined) return [credential];
    const { publicKey } = credential.leaf;
    const usable = schemes.filter((name) => {
      const scheme = byName(SIGNATURE_SCHEMES, name);
      const version = scheme?.byDefault === false ? 'TLS 1.2' : 'TLS 1.3';
      return scheme === null || (publicKey !== null && schemeFits(scheme, publicKey, version));
    });
    return usable.length === 0 ? [] : [createCredential({ ...input, schemes: usable })];
  });
}

/** Takes key-log lines to a file that only its owner may read, or null without one. */
export function keyLogTo(file: string | undefined): ((line: Buffer) => void) | null {
  if (file === undefined) return null;
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw unusable('keylog', file, error);
  }
  return (line) => appendFileSync(file, line);
}

export function readBytes(option: string, file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unusable(option, file, error);
  }
}

function readText(option: string, file: string): string {
  return new TextDecoder().decode(readBytes(option, file));
}

/** What a file could not be used for, under its option's name. */
export function unusable(option: string, file: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error;
  return new UsageError(`--${option} ${file}: ${error instanceof Error ? error.message : String(error)}`);
}

function versionOf(option: string, text: string | undefined): VersionName | undefined {
  if (text === undefined) return undefined;
  if (text !== '1.2' && text !== '1.3') throw new UsageError(`--${option} is 1.2 or 1.3, not ${text}`);
  return `TLS ${text}`;
}
