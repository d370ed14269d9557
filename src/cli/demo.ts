/**
 * `isotls demo`: a full TLS 1.3 handshake in memory, explained on screen.
 *
 * Nothing that it prints is written here: messages and sizes come from a tap that opens the bytes which the two sides sent each
 * other, the rest from their own events.
 *
 * @see RFC 9846 §2 (Protocol Overview)
 * @module
 */
import { parseArgs } from 'node:util';
import type { Certificate } from '../certs/certificate.ts';
import { explain, titleOf } from '../inspector/explain.ts';
import { drawHead, drawLegend, drawSighting, type Paint, sizeText } from '../inspector/flow.ts';
import { type DemoSession, runSession } from './demo-session.ts';
import { factsOf } from './facts.ts';
import { EXIT, type Io } from './io.ts';
import { orUsage } from './options.ts';

const OPTIONS = { json: { type: 'boolean' }, 'show-secrets': { type: 'boolean' } } as const;

export async function runDemo(argv: readonly string[], io: Io): Promise<number> {
  const { values } = orUsage(() => parseArgs({ args: [...argv], options: OPTIONS }));
  const showSecrets = values['show-secrets'] === true;
  const session = runSession();
  const text =
    values.json === true
      ? `${JSON.stringify(asData(session, showSecrets), null, 2)}\n`
      : asText(session, showSecrets, io);
  io.stdout.write(text);
  return EXIT.done;
}

// ---------------------------------------------------------------- for people

function asText(session: DemoSession, showSecrets: boolean, io: Io): string {
  const paint = io.colour ? colours : plain;
  const { authority, info, sightings, wire, milliseconds } = session;
  const facts = factsOf(info.client);
  const heading = (text: string): string => `\n${paint('bold', text)}\n\n`;
  const rows = (pairs: readonly (readonly [string, string])[]): string =>
    pairs.map(([name, value]) => `  ${paint('dim', name.padEnd(12))} ${value}\n`).join('');

  return [
    heading('A new authority; the client knows its root and nothing else'),
    ...authority.map((certificate, depth) => drawCertificate(certificate, depth, paint)),
    heading('What goes over the wire'),
    drawHead(paint),
    ...sightings.map((sighting) => drawSighting(sighting, paint)),
    `\n${drawLegend(paint)}`,
    heading('What both sides now know'),
    rows([
      ['version', facts.version],
      ['cipher suite', facts.cipherSuite],
      ['key exchange', facts.group],
      ['signature', facts.peerScheme ?? 'none'],
      ['ALPN', facts.alpn ?? 'none'],
      ['server name', facts.serverName ?? 'none'],
      ['verified', pathText(session)],
      ['response', lastLine(session.response)],
      ['closed', session.closed ? 'by close_notify from both sides' : 'no'],
    ]),
    heading('The secrets, and whether both sides have the same'),
    ...secretsOf(session).map(({ label, bytes, same, value }) => {
      const shown = showSecrets ? value : '•'.repeat(12);
      return `  ${label.padEnd(34)}${String(bytes).padStart(3)} bytes  ${same ? '=' : '≠'}  ${paint('dim', shown)}\n`;
    }),
    heading('Count and time'),
    rows([
      ['client', wireText(wire.client)],
      ['server', wireText(wire.server)],
      ['authority', `${milliseconds.authority.toFixed(0)} ms for ${authority.length} keys and certificates`],
      ['handshake', `${milliseconds.handshake.toFixed(0)} ms, both sides together`],
      ['exchange', `${milliseconds.exchange.toFixed(0)} ms`],
      ['in all', `${(performance.now() / 1000).toFixed(2)} s since the program started`],
    ]),
    '\n',
  ].join('');
}

function drawCertificate(certificate: Certificate, depth: number, paint: Paint): string {
  const { subject, publicKey, extensions, der } = certificate;
  const branch = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `;
  const kind = publicKey === null ? '?' : publicKey.kind === 'ec' ? publicKey.curve : publicKey.kind;
  const role =
    extensions.basicConstraints?.ca === true ? 'authority' : (extensions.subjectAltName?.dns.join(', ') ?? '');
  return `  ${branch}${paint('bold', subject.name)}  ${paint('dim', `${kind}, ${role}, ${sizeText(der.length)}`)}\n`;
}

function pathText({ info }: DemoSession): string {
  const { verdict } = info.client;
  if (verdict?.ok !== true) return 'no';
  return verdict.path.map(({ subject }) => subject.name.replace(/^CN=/, '')).join(' ← ');
}

function wireText({ records, encrypted, bytes }: DemoSession['wire']['client']): string {
  return `${records} records, ${encrypted} of them encrypted, ${sizeText(bytes)} in all`;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

const plain: Paint = (_, text) => text;
const CODES = { bold: 1, dim: 2, yellow: 33, cyan: 36, green: 32 } as const;
const colours: Paint = (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`;

// ---------------------------------------------------------------- for programs

function asData(session: DemoSession, showSecrets: boolean): object {
  const { authority, info, sightings, transitions, wire, request, response, closed, milliseconds } = session;
  return {
    authority: authority.map(({ subject, issuer, der }) => ({
      subject: subject.name,
      issuer: issuer.name,
      bytes: der.length,
    })),
    seen: sightings.map((sighting) => ({
      from: sighting.from,
      name: titleOf(sighting),
      bytes: sighting.bytes,
      protection: sighting.protection,
      record: sighting.record,
      says: explain(sighting),
    })),
    client: factsOf(info.client),
    server: factsOf(info.server),
    path: info.client.verdict?.ok === true ? info.client.verdict.path.map(({ subject }) => subject.name) : null,
    secrets: secretsOf(session).map(({ value, ...secret }) => (showSecrets ? { ...secret, value } : secret)),
    transitions,
    wire,
    request,
    response,
    closed,
    milliseconds,
  };
}

interface Secret {
  readonly label: string;
  readonly bytes: number;
  /** The other side has the same. */
  readonly same: boolean;
  /** Hexadecimal. */
  readonly value: string;
}

/** The client's key log beside the server's, and an exported value of each. */
function secretsOf({ keyLog, exported }: DemoSession): readonly Secret[] {
  const logged = keyLog.client.map((line) => {
    const [label = '', , value = ''] = line.split(' ');
    return { label, bytes: value.length / 2, same: keyLog.server.includes(line), value };
  });
  const [own, peer] = [exported.client, exported.server].map((bytes) => Buffer.from(bytes).toString('hex'));
  return [
    ...logged,
    { label: 'exported keying material', bytes: exported.client.length, same: own === peer, value: own ?? '' },
  ];
}
