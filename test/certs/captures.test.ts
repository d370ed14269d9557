/**
 * Certificates that went over real wires: those of the captures' Certificate messages, in the clear up to TLS 1.2. Each decodes
 * as OpenSSL decodes it; what is wrong with some of them is for the path validator to say.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { verifyCertificateChain } from '../../src/certs/verifier.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';
import { codeOf } from './forge.ts';

interface Flight {
  readonly side: string;
  readonly hex: string;
}

/** The certificate lists that one side sends in the clear, leaf first. */
function listsOf(flights: readonly Flight[], side: string): readonly (readonly Uint8Array[])[] {
  const bytes = Buffer.from(
    flights
      .filter((flight) => flight.side === side)
      .map(({ hex }) => hex)
      .join(''),
    'hex',
  );
  const messages: Buffer[] = [];
  // RFC 5246 §6.2.1: type, version, length. ChangeCipherSpec (20) ends what is in the clear.
  for (let at = 0; at + 5 <= bytes.length && bytes[at] !== 20; at += 5 + bytes.readUInt16BE(at + 3)) {
    if (bytes[at] === 22) messages.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)));
  }
  const handshake = Buffer.concat(messages);
  const lists: (readonly Uint8Array[])[] = [];
  // §7.4: type and length; §7.4.2: a list of certificates, each with its length.
  for (let at = 0; at + 4 <= handshake.length; at += 4 + handshake.readUIntBE(at + 1, 3)) {
    if (handshake[at] !== 11) continue;
    const list = handshake.subarray(at + 7, at + 4 + handshake.readUIntBE(at + 1, 3));
    const ders: Uint8Array[] = [];
    for (let next = 0; next + 3 <= list.length; next += 3 + list.readUIntBE(next, 3)) {
      ders.push(list.subarray(next + 3, next + 3 + list.readUIntBE(next, 3)));
    }
    lists.push(ders);
  }
  return lists;
}

test('certificates of the captures', (t) => {
  const folder = skipWithoutVectors(t, 'captures');
  if (folder === null) return;
  const files = ['.', 'nokeys'].flatMap((part) =>
    readdirSync(join(folder, part)).flatMap((name) => (name.endsWith('.json') ? [join(folder, part, name)] : [])),
  );
  const refused: string[] = [];
  let decoded = 0;
  for (const file of files) {
    const { capture, connections } = JSON.parse(readFileSync(file, 'utf8'));
    for (const { flights } of connections) {
      for (const [leaf, ...rest] of [...listsOf(flights, 'server'), ...listsOf(flights, 'client')]) {
        if (leaf === undefined) continue;
        for (const der of [leaf, ...rest]) {
          const code = codeOf(() => decodeCertificate(der));
          if (code !== null) {
            refused.push(`${capture} ${code}`);
            continue;
          }
          const [ours, theirs] = [decodeCertificate(der), new X509Certificate(der)];
          assert.equal(ours.validity.notAfter.getTime(), Date.parse(theirs.validTo), capture);
          assert.equal(
            Buffer.from(ours.serial).toString('hex').replace(/^0+/, ''),
            theirs.serialNumber.toLowerCase().replace(/^0+/, ''),
          );
          assert.equal(ours.extensions.basicConstraints?.ca ?? false, theirs.ca, capture);
          decoded++;
        }
        // Whatever it is, there is a verdict, and without anchors it is a refusal.
        const verdict = verifyCertificateChain({
          leaf,
          intermediates: rest,
          anchors: [],
          time: new Date('2016-01-01T00:00:00Z'),
          purpose: 'serverAuth',
        });
        assert.equal(verdict.ok, false, capture);
      }
    }
  }
  t.diagnostic(`captures: ${decoded} certificates decoded as OpenSSL does, refused: ${refused.join(', ') || 'none'}`);
  assert.ok(decoded >= 20, `${decoded}`);
  assert.deepEqual(refused, []);
});
