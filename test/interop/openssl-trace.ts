/**
 * Reads what OpenSSL's own message trace says of a connection: `s_client -trace`, `s_server -trace` and node's
 * `tlsSocket.enableTrace()` write the same text.
 *
 * @see https://docs.openssl.org/3.0/man1/openssl-s_client/ (-trace)
 * @module
 */
import { alertName } from '../../src/errors/alerts.ts';
import { ALL_CIPHER_SUITES, byCode, byName, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import type { Report } from './peer.ts';

/** RFC 9846 §4.2.4: the first bytes of the Random that makes a ServerHello a HelloRetryRequest. */
const RETRY_RANDOM = 'gmt_unix_time=0xCF21AD74';

/** The report of the side that wrote the trace. */
export function readTrace(trace: string, role: 'client' | 'server'): Report {
  const records = trace.split(/^(?=(?:Sent|Received) (?:TLS )?Record$)/m);
  const sent = records.filter((record) => record.startsWith('Sent'));
  const received = records.filter((record) => record.startsWith('Received'));
  const [byClient, byServer] = role === 'client' ? [sent, received] : [received, sent];

  const hellos = byServer.flatMap((record) => messages(record, 'ServerHello'));
  const hello = hellos.find((text) => !text.includes(RETRY_RANDOM)) ?? '';
  const clientHello = byClient.flatMap((record) => messages(record, 'ClientHello'))[0] ?? '';
  const encryptedExtensions = byServer.flatMap((record) => messages(record, 'EncryptedExtensions'))[0];
  const suite = byName(ALL_CIPHER_SUITES, /cipher_suite \{[^}]*\} (\w+)/.exec(hello)?.[1] ?? '');
  if (suite?.version === 'TLS 1.2') return readTrace12(hello, clientHello, received, byClient, byServer);
  return {
    version: /^ +(TLS 1\.\d) \(\d+\)$/m.exec(extension(hello, 'supported_versions') ?? '')?.[1],
    cipherSuite: suite?.name,
    group: byCode(NAMED_GROUPS, number(/NamedGroup: .*\((\d+)\)/.exec(extension(hello, 'key_share') ?? '')))?.name,
    serverScheme: schemeOf(byServer) ?? undefined,
    clientScheme: schemeOf(byClient),
    alpn:
      encryptedExtensions === undefined
        ? undefined
        : (extension(encryptedExtensions, 'application_layer_protocol_negotiation')?.trim() ?? null),
    serverName: serverNameOf(clientHello),
    helloRetryRequest: hellos.some((text) => text.includes(RETRY_RANDOM)),
    clientCertificate: byClient.some((record) => record.includes('ASN.1Cert, length=')),
    keyUpdates: received.filter((record) => /^ {4}KeyUpdate, Length=/m.test(record)).length,
    alerts: received.flatMap(alertOf).filter((name) => name !== 'close_notify'),
    closed: received.flatMap(alertOf).includes('close_notify'),
  };
}

/** In TLS 1.2 the answers are all in ServerHello, group and signature in ServerKeyExchange. */
function readTrace12(
  hello: string,
  clientHello: string,
  received: readonly string[],
  byClient: readonly string[],
  byServer: readonly string[],
): Report {
  const keyExchange = byServer.flatMap((record) => messages(record, 'ServerKeyExchange'))[0] ?? '';
  const alerts = received.flatMap(alertOf);
  return {
    version: /server_version=\w+ \((.*)\)/.exec(hello)?.[1],
    cipherSuite: byName(ALL_CIPHER_SUITES, /cipher_suite \{[^}]*\} (\w+)/.exec(hello)?.[1] ?? '')?.name,
    group: byCode(NAMED_GROUPS, number(/named_curve: .*\((\d+)\)/.exec(keyExchange)))?.name,
    serverScheme: schemeIn(keyExchange),
    clientScheme: schemeOf(byClient),
    alpn: extension(hello, 'application_layer_protocol_negotiation')?.trim() ?? null,
    serverName: serverNameOf(clientHello),
    extendedMainSecret: extension(hello, 'extended_master_secret') !== null,
    encryptThenMac: extension(hello, 'encrypt_then_mac') !== null,
    clientCertificate: byClient.some((record) => record.includes('ASN.1Cert, length=')),
    alerts: alerts.filter((name) => name !== 'close_notify'),
    closed: alerts.includes('close_notify'),
  };
}

/** The texts of the handshake messages of one type in a record. */
function messages(record: string, type: string): readonly string[] {
  return record.split(/^(?= {4}[A-Z]\w+, Length=)/m).filter((text) => text.startsWith(`    ${type}, Length=`));
}

function extension(message: string, name: string): string | null {
  const text = message
    .split(/^(?= +extension_type=)/m)
    .find((part) => part.trimStart().startsWith(`extension_type=${name}(`));
  return text === undefined ? null : text.slice(text.indexOf('\n') + 1);
}

/** The scheme in the CertificateVerify among these records, or null. */
function schemeOf(records: readonly string[]): Report['clientScheme'] {
  for (const record of records) {
    const text = messages(record, 'CertificateVerify')[0];
    if (text === undefined) continue;
    return schemeIn(text);
  }
  return null;
}

function schemeIn(message: string): Report['serverScheme'] {
  return byCode(SIGNATURE_SCHEMES, Number(/Signature Algorithm: .*\((0x[0-9a-f]+)\)/.exec(message)?.[1]))?.name;
}

/** server_name is shown as a dump: "0000 - 00 0c 00 00 09 6c 6f 63-61 … ..localhost". */
function serverNameOf(clientHello: string): string | null | undefined {
  if (clientHello === '') return undefined;
  const dump = extension(clientHello, 'server_name');
  if (dump === null) return null;
  const hex = [...dump.matchAll(/^ *[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -])+)/gm)].map(([, bytes = '']) => bytes).join('');
  // RFC 6066 §3: list length, name type and name length come first, five bytes.
  return Buffer.from(hex.replace(/[^0-9a-f]/g, ''), 'hex')
    .subarray(5)
    .toString('latin1');
}

function alertOf(record: string): readonly string[] {
  const found = /Level=\w+\(\d\), description=.*\((\d+)\)/.exec(record);
  return found === null ? [] : [alertName(number(found)) ?? `alert ${found[1]}`];
}

function number(match: RegExpExecArray | null): number {
  return Number(match?.[1] ?? Number.NaN);
}
