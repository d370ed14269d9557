/**
 * Random changes to a certificate: to its bytes as they are, or to its structure, written as right DER again.
 *
 * @module
 */
import { type DerElement, decodeDer } from '../../../src/certs/der.ts';
import { encodeElement } from '../../../src/certs/der-encode.ts';

/** A number from 0 up to, and without, the bound. */
export type Dice = (bound: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (bound) => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) % bound;
  };
}

export function pick<T>(dice: Dice, list: readonly T[]): T {
  return list[dice(list.length)] as T;
}

/** Flips, overwrites, removes, doubles or inserts bytes, once to three times. */
export function mutateBytes(der: Uint8Array, dice: Dice): Uint8Array {
  let out = Buffer.from(der);
  for (let times = 1 + dice(3); times > 0; times--) {
    const at = dice(out.length);
    const length = 1 + dice(8);
    const head = out.subarray(0, at);
    switch (dice(6)) {
      case 0:
        out[at] = (out[at] ?? 0) ^ (1 << dice(8));
        break;
      case 1:
        out[at] = pick(dice, [0, 1, 0x30, 0x7f, 0x80, 0x81, 0x82, 0xa0, 0xff, dice(256)]);
        break;
      case 2:
        out = Buffer.concat([head, out.subarray(at + length)]);
        break;
      case 3:
        out = Buffer.concat([head, out.subarray(at, at + length), out.subarray(at)]);
        break;
      case 4:
        out = Buffer.concat([head, Buffer.from(Array.from({ length }, () => dice(256))), out.subarray(at)]);
        break;
      default:
        out = dice(8) === 0 ? Buffer.from(head) : out;
        out[dice(out.length)] = dice(256);
    }
    if (out.length === 0) return Uint8Array.of(0);
  }
  return Uint8Array.from(out);
}

/** An element that can be changed. Values inside OCTET STRINGs are opened, as those of extensions are. */
export interface Node {
  tag: number;
  content: Uint8Array;
  /** Null for a primitive element. */
  children: Node[] | null;
  /** Where it stands: the tags above it, or the extension it belongs to. Elements of one role can stand for each other. */
  readonly role: string;
}

export function treeOf(element: DerElement, above = ''): Node {
  const [first] = element.children;
  const isExtension = above.endsWith('/a3/30') && first !== undefined;
  const own = isExtension ? `extension ${hex(first.content)}` : `${above}/${element.tag.toString(16)}`;
  const node = { tag: element.tag, content: element.content, role: own };
  if ((element.tag & 0x20) !== 0) return { ...node, children: element.children.map((child) => treeOf(child, own)) };
  const inside = element.tag === 0x04 ? opened(element.content, own) : null;
  return { ...node, children: inside === null ? null : [inside] };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function opened(content: Uint8Array, above: string): Node | null {
  if (content.length < 2 || ![0x30, 0x03, 0x04, 0x02].includes(content[0] ?? 0)) return null;
  try {
    return treeOf(decodeDer(content), above);
  } catch {
    return null;
  }
}

export function bytesOf({ tag, content, children }: Node): Uint8Array {
  return children === null ? encodeElement(tag, content) : encodeElement(tag, ...children.map(bytesOf));
}

/** Elements to put in place of others, all of them and by role. */
export interface Pool {
  readonly nodes: readonly Node[];
  readonly alike: ReadonlyMap<string, readonly Node[]>;
  readonly extensions: readonly Node[];
}

export function poolOf(nodes: readonly Node[]): Pool {
  const alike = new Map<string, Node[]>();
  for (const node of nodes) {
    const others = alike.get(node.role);
    if (others === undefined) alike.set(node.role, [node]);
    else others.push(node);
  }
  return { nodes, alike, extensions: nodes.filter(({ role }) => /^extension \w+$/.test(role)) };
}

/** Changes the tree once to three times: mostly so that it stays a certificate, at times in any way at all. */
export function mutateTree(root: Node, pool: Pool, dice: Dice): void {
  for (let times = 1 + dice(3); times > 0; times--) {
    const parents: readonly (Node | undefined)[] = all(root).filter(({ children }) => (children?.length ?? 0) > 0);
    // All may be gone after the first change.
    const children = pick(dice, parents)?.children;
    if (!children) return;
    if (dice(8) > 0) changeMeaning(children, pool, dice);
    else changeForm(children, pool, dice);
  }
}

/** Another element of the same role, one more, one less; an extension more, or one that is critical now or is not. */
function changeMeaning(children: Node[], pool: Pool, dice: Dice): void {
  const at = dice(children.length);
  const child = children[at] as Node;
  const alike = pool.alike.get(child.role) ?? [child];
  const isExtension = child.role.startsWith('extension') && children.every(({ role }) => role.startsWith('extension'));
  const kind = dice(6);
  if (kind === 0 && children.length > 1) children.splice(at, 1);
  else if (kind === 1) children.splice(at, 0, copyOf(pick(dice, alike)));
  else if (kind === 2 && isExtension) children.push(copyOf(pick(dice, pool.extensions)));
  else if (kind === 3 && isExtension && child.children?.length === 2) {
    child.children.splice(1, 0, { tag: 0x01, content: Uint8Array.of(0xff), children: null, role: 'critical' });
  } else if (kind === 3 && child.role === 'critical') children.splice(at, 1);
  else if (kind === 4 && /2$|\/8\d$/.test(child.role) && child.content.length < 3)
    child.content = Uint8Array.of(dice(4));
  else children[at] = copyOf(pick(dice, alike));
}

function changeForm(children: Node[], pool: Pool, dice: Dice): void {
  const at = dice(children.length);
  const child = children[at] as Node;
  switch (dice(8)) {
    case 0:
      children.splice(at, 1);
      break;
    case 1:
      children.push(...children.splice(at, 1));
      break;
    case 2:
      children[at] = copyOf(pick(dice, pool.nodes));
      break;
    case 3:
      children.splice(at, 0, copyOf(pick(dice, pool.nodes)));
      break;
    case 4:
      child.tag = pick(dice, [child.tag ^ (1 << dice(8)), 0x80 | dice(9), 0xa0 | dice(9), dice(0x20)]);
      break;
    case 5:
      children[at] = { tag: pick(dice, [0x30, 0x31, 0xa0, 0x04]), content: child.content, children: [child], role: '' };
      break;
    case 6:
      child.children = null;
      child.content = mutateBytes(child.content.length === 0 ? Uint8Array.of(0) : child.content, dice);
      break;
    default:
      child.children = null;
      child.content = pick(dice, [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(0xff), Uint8Array.of(dice(256))]);
  }
}

/** The node and all below it. */
export function all(node: Node, found: Node[] = []): readonly Node[] {
  found.push(node);
  for (const child of node.children ?? []) all(child, found);
  return found;
}

export function copyOf(node: Node): Node {
  return { ...node, children: node.children?.map(copyOf) ?? null };
}
