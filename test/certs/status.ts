/**
 * CRLs and OCSP responses for tests: an authority, a leaf, and what is asked of them at NOW.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../src/certs/certificate.ts';
import { type DerElement, decodeDer } from '../../src/certs/der.ts';
import { encodeSequence } from '../../src/certs/der-encode.ts';
import { type CrlInput, issueCrl, issueOcspResponse, type OcspInput } from '../../src/certs/issue-status.ts';
import { checkRevocation, type RevocationPolicy } from '../../src/certs/revocation.ts';
import type { RevocationContext } from '../../src/certs/revocation-check.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsError } from '../../src/errors/errors.ts';
import { DAY, type Entity, NOW, random } from './forge.ts';

export const YESTERDAY = new Date(NOW.getTime() - DAY);
export const TOMORROW = new Date(NOW.getTime() + DAY);

/** A CRL from a day ago to a day ahead, empty unless told. */
export function crlOf(issuer: Entity, options: Partial<CrlInput> = {}): Uint8Array {
  return issueCrl(issuer, { revoked: [], thisUpdate: YESTERDAY, nextUpdate: TOMORROW, random, ...options });
}

/** An OCSP response from a day ago to a day ahead; `good` for one certificate unless told. */
export function ocspOf(issuer: Entity, certificate: Certificate, options: Partial<OcspInput> = {}): Uint8Array {
  return issueOcspResponse(issuer, {
    responses: [{ certificate, status: 'good' }],
    thisUpdate: YESTERDAY,
    nextUpdate: TOMORROW,
    random,
    ...options,
  });
}

export interface Counted extends RevocationContext {
  readonly signatures: number;
}

/** A context at NOW that counts signatures. */
export function contextAt(time: Date = NOW): Counted {
  let signatures = 0;
  return {
    time,
    crypto: nobleProvider,
    account: {
      signature() {
        signatures++;
      },
    },
    get signatures() {
      return signatures;
    },
  };
}

/** The refusal of a path of these entities, leaf first, or null. */
export function refusalOf(
  path: readonly Entity[],
  policy: RevocationPolicy,
  context: RevocationContext = contextAt(),
): TlsError | null {
  try {
    checkRevocation(
      path.map(({ certificate }) => certificate),
      policy,
      context,
    );
    return null;
  } catch (error) {
    assert.ok(error instanceof TlsError, `not a TlsError: ${error}`);
    return error;
  }
}

/** The code in the mode `hard` with these lists. */
export function withLists(path: readonly Entity[], ...crls: readonly Uint8Array[]): string | null {
  return refusalOf(path, { mode: 'hard', crls })?.code ?? null;
}

/** The code in the mode `hard` with this response. */
export function withResponse(
  path: readonly Entity[],
  ocspResponse: Uint8Array,
  more: Partial<RevocationPolicy> = {},
): string | null {
  return refusalOf(path, { mode: 'hard', ocspResponse, ...more })?.code ?? null;
}

/** The parts of a SEQUENCE, changed. */
export function edited(der: Uint8Array, edit: (parts: readonly DerElement[]) => readonly Uint8Array[]): Uint8Array {
  return encodeSequence(...edit(decodeDer(der).children));
}

/** A folder for openssl's files, gone at the end of the process. */
export function scratch(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `isotls-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    path: (file: string) => join(folder, file),
    write: (file: string, content: string | Uint8Array) => writeFileSync(join(folder, file), content),
    read: (file: string): Uint8Array => readFileSync(join(folder, file)),
    /** Runs openssl there; the result has what it printed. */
    openssl(...args: readonly string[]): { readonly ok: boolean; readonly text: string } {
      const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder });
      return { ok: status === 0, text: stdout.toString() + stderr.toString() };
    },
  };
}
