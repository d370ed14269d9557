/**
 * Corpus: how certificates make a path. Names that chain, keys that fit, what is missing or too much.
 *
 * @see RFC 5280 §6.1, §7.1
 * @module
 */
import { encodeElement, encodeOid, encodeSequence, encodeText } from '../../../src/certs/der-encode.ts';
import { at, type Built, extra, field, KEYS, type Pair, pair } from './chain.ts';

type Arrange = (all: Built) => Built;

const ROOT = { subject: 'CN=Root', key: KEYS.root };
const AUTHORITY = { subject: 'CN=CA', key: KEYS.ca, ca: {} };
const EXPIRED = { notBefore: at(-200_000), notAfter: at(-100_000) };

const commonName = (tag: number, name: string) =>
  field('issuer', encodeSequence(encodeElement(0x31, encodeSequence(encodeOid('2.5.4.3'), encodeText(tag, name)))));

/** More certificates handed over, in front of the others. */
function also(...ders: readonly (() => Uint8Array)[]): Arrange {
  return (all) => ({ ...all, intermediates: [...ders.map((make) => make()), ...all.intermediates] });
}

function only(...keep: readonly number[]): Arrange {
  return (all) => ({ ...all, intermediates: keep.flatMap((index) => all.intermediates[index] ?? []) });
}

const anchors =
  (edit: (all: Built) => readonly Uint8Array[]): Arrange =>
  (all) => ({ ...all, anchors: edit(all) });

const expiredTwin = () => extra({ ...AUTHORITY, ...EXPIRED }, ROOT);
const strangeRoot = () => extra({ subject: 'CN=Strange', ca: {}, key: KEYS.other }, null);
const namesakeRoot = () => extra({ subject: 'CN=Root', ca: {}, key: KEYS.other }, null);
const namesake = () => extra({ ...AUTHORITY, key: KEYS.other }, ROOT);

export const PATHS: readonly Pair[] = [
  pair(
    'RFC 5280 §6.1.3 (a)(4)',
    "the issuer's name is that of an authority",
    'ERR_CERT_UNKNOWN_ISSUER',
    { leaf: commonName(0x0c, 'CA') },
    { leaf: commonName(0x0c, 'CB') },
  ),
  pair(
    'RFC 5280 §7.1',
    'names are compared without case',
    'ERR_CERT_UNKNOWN_ISSUER',
    { leaf: commonName(0x0c, 'ca') },
    { leaf: commonName(0x0c, 'c a') },
  ),
  pair(
    'RFC 5280 §7.1',
    'names are compared without spaces around them',
    'ERR_CERT_UNKNOWN_ISSUER',
    { leaf: commonName(0x0c, '  CA ') },
    { leaf: commonName(0x0c, 'C') },
  ),
  pair(
    'RFC 5280 §7.1',
    'names are compared over their string types',
    'ERR_CERT_UNKNOWN_ISSUER',
    { leaf: commonName(0x13, 'CA') },
    {
      leaf: field(
        'issuer',
        encodeSequence(encodeElement(0x31, encodeSequence(encodeOid('2.5.4.10'), encodeText(0x0c, 'CA')))),
      ),
    },
  ),
  pair(
    'RFC 5280 §6.1',
    'every authority is at hand',
    'ERR_CERT_UNKNOWN_ISSUER',
    { sub: {} },
    { sub: {}, arrange: only(0) },
  ),
  pair('RFC 5280 §6.1', 'any authority is at hand', 'ERR_CERT_UNKNOWN_ISSUER', { ca: null }, { arrange: only() }),
  pair(
    'RFC 9846 §4.5.1',
    'in any order',
    'ERR_CERT_UNKNOWN_ISSUER',
    { sub: {}, arrange: only(1, 0) },
    { sub: {}, arrange: only(1) },
  ),
  pair(
    'RFC 9846 §4.5.1',
    'with strangers among them',
    'ERR_CERT_UNKNOWN_ISSUER',
    { arrange: also(strangeRoot) },
    { arrange: (all) => ({ ...all, intermediates: [strangeRoot()] }) },
  ),
  pair(
    'RFC 5280 §6.1.1 (d)',
    'the path ends at an anchor',
    'ERR_CERT_UNKNOWN_ISSUER',
    { arrange: anchors((all) => [strangeRoot(), ...all.anchors]) },
    { arrange: anchors(() => [strangeRoot()]) },
  ),
  pair(
    'RFC 5280 §6.1.1 (d)',
    'the anchor has the key',
    'ERR_CERT_SIGNATURE',
    { arrange: anchors((all) => [namesakeRoot(), ...all.anchors]) },
    { arrange: anchors(() => [namesakeRoot()]) },
  ),
  pair(
    'RFC 5280 §6.1.1 (d)',
    'what the peer sends is no anchor',
    'ERR_CERT_UNKNOWN_ISSUER',
    { arrange: (all) => ({ ...all, intermediates: [...all.intermediates, ...all.anchors] }) },
    { arrange: (all) => ({ ...all, intermediates: [...all.intermediates, ...all.anchors], anchors: [strangeRoot()] }) },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(1)',
    'the authority has the key',
    'ERR_CERT_SIGNATURE',
    { arrange: also(namesake) },
    { arrange: (all) => ({ ...all, intermediates: [namesake()] }) },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(2)',
    'one of two authorities of a name and key is in time',
    'ERR_CERT_EXPIRED',
    { arrange: also(expiredTwin) },
    { arrange: (all) => ({ ...all, intermediates: [expiredTwin()] }) },
  ),
  pair(
    'RFC 5280 §6.1',
    'a leaf that signed itself is trusted or not',
    'ERR_CERT_UNKNOWN_ISSUER',
    { arrange: alone(true) },
    { arrange: alone(false) },
  ),
  pair(
    'RFC 5280 §6.1',
    'as many authorities as are allowed',
    'ERR_CERT_BUDGET',
    { sub: {}, use: { maxIntermediates: 2 } },
    { sub: {}, use: { maxIntermediates: 1 } },
    { bad: 'openssl is not told the limit' },
  ),
  pair(
    'RFC 4158 §2.4.2',
    'a loop leads nowhere',
    'ERR_CERT_UNKNOWN_ISSUER',
    { arrange: also(...loop()) },
    {
      arrange: (all) => ({
        ...all,
        intermediates: [all.intermediates[0] ?? new Uint8Array(0), ...loop().map((make) => make())],
        anchors: [strangeRoot()],
      }),
    },
  ),
];

/** A leaf that has signed itself. */
function alone(trusted: boolean): Arrange {
  return ({ anchors: others }) => {
    const leaf = extra(
      { subject: 'CN=leaf.example', names: ['leaf.example'], purposes: ['serverAuth'], key: KEYS.leaf },
      null,
    );
    return { leaf, intermediates: [], anchors: trusted ? [leaf] : others };
  };
}

/** The authority's issuer signed by the authority, and the reverse. */
function loop(): readonly (() => Uint8Array)[] {
  return [() => extra({ subject: 'CN=Root', ca: {}, key: KEYS.root }, AUTHORITY), () => extra(AUTHORITY, ROOT)];
}
