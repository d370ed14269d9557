/**
 * `isotls demo`: a full TLS 1.3 handshake in memory and a second one that resumes it, explained on screen.
 *
 * Nothing that it prints is written here: messages and sizes come from a tap that opens the bytes which the two sides sent each
 * other, the rest from their own events.
 *
 * @see RFC 9846 §2 (Protocol Overview), §2.3 (0-RTT Data)
 * @module
 */
import { parseArgs } from 'node:util';
import type { Certificate } from '../certs/certificate.ts';
import { explain, titleOf } from '../inspector/explain.ts';
import {
  align,
  drawHead,
  drawLegend,
  drawNarrow,
  drawPair,
  drawSighting,
  PAIR_COLUMNS,
  type Paint,
  sizeText,
} from '../inspector/flow.ts';
import type { Sighting } from '../inspector/sighting.ts';
import { type DemoSession, type DemoVisit, runSession } from './demo-session.ts';
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

/** Where nobody says how wide a line may be. */
const COLUMNS = 80;

function asText(session: DemoSession, showSecrets: boolean, io: Io): string {
  const paint = io.colour ? colours : plain;
  const { authority, visits } = session;
  const [first, second] = visits;
  const facts = factsOf(first.info.client);
  const heading = (text: string): string => `\n${paint('bold', text)}\n\n`;
  const rows = (pairs: readonly (readonly [string, string])[]): string =>
    pairs.map(([name, value]) => `  ${paint('dim', name.padEnd(12))} ${value}\n`).join('');

  return [
    heading('A new authority; the client knows its root and nothing else'),
    ...authority.map((certificate, depth) => drawCertificate(certificate, depth, paint)),
    ...drawVisits(visits, io.columns ?? COLUMNS, heading, paint),
    heading('What both sides know after the first visit'),
    rows([
      ['version', facts.version],
      ['cipher suite', facts.cipherSuite],
      ['key exchange', facts.group],
      ['signature', facts.peerScheme ?? 'none'],
      ['ALPN', facts.alpn ?? 'none'],
      ['server name', facts.serverName ?? 'none'],
      ['verified', pathText(first)],
      ['response', lastLine(first.response)],
      ['closed', first.closed ? 'by close_notify from both sides' : 'no'],
    ]),
    heading('What is different the second time'),
    rows([
      ['resumed', second.info.client.resumed && second.info.server.resumed ? 'yes, both sides say so' : 'no'],
      ['by', ticketText(second)],
      ['missing', titlesOf(onlyIn(first, second)).join(', ')],
      ['key exchange', `${second.info.client.group}, anew: the ticket alone opens nothing`],
      [
        'early data',
        `${second.earlyData ?? 'none'}: ${second.earlyBytes} bytes; whoever recorded them could send them again`,
      ],
      ['waited', `${visits.map(roundTripsOf).join(', then ')} round trips until the request went`],
      ['response', lastLine(second.response)],
      ['closed', second.closed ? 'by close_notify from both sides' : 'no'],
    ]),
    heading('The secrets, and whether both sides have the same'),
    ...visits.flatMap((visit, index) => [
      `  ${paint('dim', VISITS[index] ?? '')}\n`,
      ...secretsOf(visit).map(({ label, bytes, same, value }) => {
        const shown = showSecrets ? value : '•'.repeat(12);
        return `  ${label.padEnd(34)}${String(bytes).padStart(3)} bytes  ${same ? '=' : '≠'}  ${paint('dim', shown)}\n`;
      }),
    ]),
    heading('Count and time'),
    rows([
      ['authority', `${session.milliseconds.toFixed(0)} ms for ${authority.length} keys and certificates`],
      ...visits.flatMap(({ wire, milliseconds }, index): readonly (readonly [string, string])[] => [
        [VISITS[index] ?? '', `${milliseconds.handshake.toFixed(0)} ms for the handshake, both sides together`],
        ['', `${milliseconds.response.toFixed(0)} ms from the first byte to the response`],
        ['  client', wireText(wire.client)],
        ['  server', wireText(wire.server)],
      ]),
      ['', 'the first visit has also warmed up the engine'],
      ['in all', `${(performance.now() / 1000).toFixed(2)} s since the program started`],
    ]),
    '\n',
  ].join('');
}

const VISITS = ['first visit', 'second visit'] as const;

/** Side by side with all that there is to say where that fits; else one after the other, and side by side in short. */
function drawVisits(
  visits: DemoSession['visits'],
  columns: number,
  heading: (text: string) => string,
  paint: Paint,
): readonly string[] {
  const [first, second] = visits.map(({ sightings }) => sightings);
  if (first === undefined || second === undefined) return [];
  const both = 'The first visit, and beside it the second: resumed, its request ahead as early data';
  const legend = `\n${drawLegend(paint)}`;
  if (columns >= PAIR_COLUMNS.whole) return [heading(both), drawPair(first, second, columns, paint), legend];
  const [one, two] = [
    'The first visit: a full handshake',
    'The second visit: resumed, its request ahead as early data',
  ];
  if (columns < PAIR_COLUMNS.narrow) {
    return [heading(one), drawNarrow(first, paint), heading(two), drawNarrow(second, paint), legend];
  }
  const whole = (sightings: readonly Sighting[]): string =>
    [drawHead(paint), ...sightings.map((sighting) => drawSighting(sighting, paint))].join('');
  return [
    ...[heading(one), whole(first), heading(two), whole(second), legend],
    ...[heading('Both side by side'), drawPair(first, second, columns, paint)],
  ];
}

/** What the first visit has and the second has not. */
function onlyIn(first: DemoVisit, second: DemoVisit): readonly Sighting[] {
  const inBoth = new Set(titlesOf(second.sightings));
  return align(first.sightings, second.sightings).flatMap(([left, right]) =>
    left !== null && right === null && left.kind === 'message' && !inBoth.has(titleOf(left)) ? [left] : [],
  );
}

function titlesOf(sightings: readonly Sighting[]): readonly string[] {
  return sightings.map((sighting) => titleOf(sighting));
}

/** How often the client had to wait for the server before its first application data went out. */
function roundTripsOf({ sightings }: DemoVisit): number {
  const before = sightings.slice(
    0,
    sightings.findIndex(({ from, kind }) => from === 'client' && kind === 'data'),
  );
  return before.filter(({ from }, index) => from === 'server' && before[index - 1]?.from === 'client').length;
}

function ticketText({ offered }: DemoVisit): string {
  if (offered === null) return 'nothing';
  const { ticket, maxEarlyData } = offered.session;
  return `a ticket of ${sizeText(ticket.length)}, ${offered.age} ms old; early data up to ${maxEarlyData} bytes`;
}

function drawCertificate(certificate: Certificate, depth: number, paint: Paint): string {
  const { subject, publicKey, extensions, der } = certificate;
  const branch = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `;
  const kind = publicKey === null ? '?' : publicKey.kind === 'ec' ? publicKey.curve : publicKey.kind;
  const role =
    extensions.basicConstraints?.ca === true ? 'authority' : (extensions.subjectAltName?.dns.join(', ') ?? '');
  return `  ${branch}${paint('bold', subject.name)}  ${paint('dim', `${kind}, ${role}, ${sizeText(der.length)}`)}\n`;
}

function pathText({ info }: DemoVisit): string {
  const { verdict } = info.client;
  if (verdict?.ok !== true) return 'no';
  return verdict.path.map(({ subject }) => subject.name.replace(/^CN=/, '')).join(' ← ');
}

function wireText({ records, encrypted, bytes }: DemoVisit['wire']['client']): string {
  return `${records} records, ${encrypted} of them encrypted, ${sizeText(bytes)} in all`;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

const plain: Paint = (_, text) => text;
const CODES = { bold: 1, dim: 2, yellow: 33, magenta: 35, cyan: 36, green: 32 } as const;
const colours: Paint = (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`;

// ---------------------------------------------------------------- for programs

function asData({ authority, visits, milliseconds }: DemoSession, showSecrets: boolean): object {
  const [first, second] = visits;
  return {
    authority: authority.map(({ subject, issuer, der }) => ({
      subject: subject.name,
      issuer: issuer.name,
      bytes: der.length,
    })),
    visits: visits.map((visit) => visitAsData(visit, showSecrets)),
    /** What the first visit needed and the second did not. */
    missing: titlesOf(onlyIn(first, second)),
    milliseconds: { authority: milliseconds },
  };
}

function visitAsData(visit: DemoVisit, showSecrets: boolean): object {
  const { info, sightings, transitions, wire, offered, earlyData, earlyBytes } = visit;
  const { request, response, closed, milliseconds } = visit;
  return {
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
    ticket:
      offered === null
        ? null
        : {
            bytes: offered.session.ticket.length,
            ageMilliseconds: offered.age,
            lifetimeSeconds: offered.session.lifetime,
            maxEarlyData: offered.session.maxEarlyData,
          },
    earlyData,
    earlyBytes,
    roundTripsBeforeRequest: roundTripsOf(visit),
    secrets: secretsOf(visit).map(({ value, ...secret }) => (showSecrets ? { ...secret, value } : secret)),
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
function secretsOf({ keyLog, exported }: DemoVisit): readonly Secret[] {
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
