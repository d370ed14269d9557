/**
 * Every systematic way of damaging one handshake message, each with what must become of it.
 *
 * Where the damage itself tells the outcome (a second copy of an extension, a message cut short), the expectation is written
 * beside it; elsewhere it comes from the grammar (verdict.ts). The codecs of src/wire are not asked.
 *
 * `framed` says whether the header still counts the bytes given. If not, a record layer would wait for more or see the next
 * message begin, so tests of whole connections use the framed ones.
 *
 * @module
 */
import { isGrease } from '../../src/params/registries.ts';
import { type LengthField, readUint } from './grammar.ts';
import {
  DECODE,
  DUPLICATE,
  dissect,
  type ExtensionBlock,
  KNOWN,
  MISPLACED,
  PSK_NOT_LAST,
  type Refusal,
  refusalsOf,
  TRAILING,
  UNSOLICITED,
} from './verdict.ts';

export interface Mutation {
  readonly name: string;
  readonly raw: Uint8Array;
  readonly framed: boolean;
  /** The refusals of which any one is right; empty when decoding and reading of extensions must succeed. */
  readonly expected: readonly Refusal[];
  /** Where the expectation comes from. */
  readonly by: 'construction' | 'grammar';
}

const PRE_SHARED_KEY = 41;
const SUPPORTED_VERSIONS = 43;
const COOKIE = 44;
const GREASE = 0xcaca;
/** In no registry, and not GREASE. */
const UNKNOWN = 0x7f7f;

/**
 * The mutations of `raw`, which must be a message that is accepted. `asked` holds the extension types that the peer requested,
 * for messages that answer.
 */
export function* mutationsOf(raw: Uint8Array, asked: ReadonlySet<number> = new Set()): Generator<Mutation> {
  const anatomy = dissect(raw);
  if ('code' in anatomy || refusalsOf(raw, asked).length > 0) throw new Error('the message itself is not acceptable');

  for (const [name, mutated] of damagesOf(raw, anatomy.lengths)) {
    yield {
      name,
      raw: mutated,
      framed: mutated.length >= 4 && readUint(mutated, 1, 3) === mutated.length - 4,
      expected: refusalsOf(mutated, asked),
      by: 'grammar',
    };
  }
  for (let length = 0; length < raw.length; length++) {
    yield {
      name: `cut to ${length} bytes`,
      raw: raw.slice(0, length),
      framed: false,
      // The header promises more than there is, or is itself cut.
      expected: [DECODE],
      by: 'construction',
    };
  }
  yield { name: 'a byte more', raw: Uint8Array.of(...raw, 0), framed: false, expected: [TRAILING], by: 'construction' };

  for (const block of anatomy.blocks) yield* blockMutations(raw, block, asked);
}

/** What can be done to any message with these length fields: each wrong, each content shorter or longer, and the end cut off. */
export function* damagesOf(
  raw: Uint8Array,
  lengths: readonly LengthField[],
): Generator<readonly [name: string, mutated: Uint8Array]> {
  for (const field of lengths) {
    const length = field.end - field.start;
    const values = new Map([
      ['one less', length - 1],
      ['one more', length + 1],
      ['zero', 0],
      ['the maximum', 2 ** (8 * field.size) - 1],
    ]);
    for (const [name, value] of values) {
      if (value === length || value < 0) continue;
      yield [`length of ${field.path} is ${name}`, withUint(raw, field.offset, field.size, value)];
    }
    if (length > 0) yield [`last byte of ${field.path} is gone`, spliced(raw, field, field.end - 1, field.end)];
    if (length > 0) yield [`${field.path} is emptied`, spliced(raw, field, field.start, field.end)];
    yield [`${field.path} has a byte more`, spliced(raw, field, field.end, field.end, Uint8Array.of(0))];
  }
  for (let length = 4; length < raw.length; length++) {
    yield [`cut to ${length} bytes, header too`, reframed(raw.slice(0, length))];
  }
}

/** Duplicates, swaps, removals and additions in one block of extensions. */
function* blockMutations(raw: Uint8Array, block: ExtensionBlock, asked: ReadonlySet<number>): Generator<Mutation> {
  const { place, length, extensions } = block;
  const pskIsLast = place === 'CH' && extensions.at(-1)?.type === PRE_SHARED_KEY;
  const is13 = place !== 'SH' || extensions.some(({ type }) => type === SUPPORTED_VERSIONS);
  const made = (name: string, mutated: Uint8Array, expected: readonly Refusal[]): Mutation => ({
    name: `${name} in ${length.path}`,
    raw: mutated,
    framed: true,
    expected,
    by: 'construction',
  });

  for (const [index, one] of extensions.entries()) {
    const copy = raw.slice(one.start, one.end);
    yield made(`extension ${one.type} twice`, spliced(raw, length, one.end, one.end, copy), [DUPLICATE]);
    yield made(`extension ${one.type} again at the end`, spliced(raw, length, length.end, length.end, copy), [
      DUPLICATE,
    ]);

    const next = extensions[index + 1];
    if (next !== undefined) {
      const swapped = Uint8Array.of(...raw.subarray(next.start, next.end), ...copy);
      const breaksOrder = pskIsLast && index + 2 === extensions.length;
      yield made(
        `extensions ${one.type} and ${next.type} swapped`,
        spliced(raw, length, one.start, next.end, swapped),
        breaksOrder ? [PSK_NOT_LAST] : [],
      );
    }
    // What is missing is the handshake's to see. Without supported_versions the rest is not TLS 1.3, and not looked at.
    yield made(`without extension ${one.type}`, spliced(raw, length, one.start, one.end), []);
  }

  const at = pskIsLast ? (extensions.at(-1)?.start ?? length.end) : length.end;
  const isAnswer = place === 'SH' || place === 'HRR' || place === 'EE' || place === 'CT';
  for (const type of [GREASE, UNKNOWN, ...KNOWN]) {
    if (extensions.some((one) => one.type === type)) continue;
    const mutated = spliced(raw, length, at, at, Uint8Array.of(type >> 8, type & 0xff, 0, 0));
    if (KNOWN.has(type)) {
      const refusals = refusalsOf(mutated, asked);
      // An empty body may be wrong as well; only the place is of interest here.
      if (refusals.includes(MISPLACED) || refusals.includes(UNSOLICITED)) {
        yield { ...made(`empty extension ${type} added`, mutated, refusals), by: 'grammar' };
      }
    } else {
      const isRequested = asked.has(type) && !isGrease(type);
      const expected = isAnswer && is13 && !isRequested ? [UNSOLICITED] : [];
      yield made(`unknown extension ${type} added`, mutated, expected);
    }
  }
  if (place === 'HRR' && extensions.every(({ type }) => type !== COOKIE)) {
    const cookie = Uint8Array.of(0, COOKIE, 0, 3, 0, 1, 7);
    yield made('a cookie that was not asked for', spliced(raw, length, length.end, length.end, cookie), []);
  }
}

/** `raw` with [from, to) replaced, and `field` and all length fields around it corrected. */
export function spliced(
  raw: Uint8Array,
  field: LengthField,
  from: number,
  to: number,
  replacement: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const result = new Uint8Array(raw.length - (to - from) + replacement.length);
  result.set(raw.subarray(0, from));
  result.set(replacement, from);
  result.set(raw.subarray(to), from + replacement.length);
  const growth = replacement.length - (to - from);
  for (let each: LengthField | null = field; each !== null; each = each.parent) {
    putUint(result, each.offset, each.size, each.end - each.start + growth);
  }
  return result;
}

/** `raw` with the length in its header corrected. */
function reframed(raw: Uint8Array): Uint8Array {
  return withUint(raw, 1, 3, raw.length - 4);
}

function withUint(raw: Uint8Array, offset: number, size: number, value: number): Uint8Array {
  const result = raw.slice();
  putUint(result, offset, size, value);
  return result;
}

function putUint(bytes: Uint8Array, offset: number, size: number, value: number): void {
  for (let i = 0; i < size; i++) bytes[offset + i] = Math.floor(value / 256 ** (size - 1 - i)) % 256;
}
