/**
 * As much of HTTP/1.1 as `connect https://…` needs: one request, and where its response ends.
 *
 * Many servers never send close_notify. A response that says how long it is needs none to be known as complete.
 *
 * @see RFC 9112 §6.3 (Message Body Length), §9.8 (TLS Connection Closure)
 * @module
 */

/** A GET whose connection is not kept. */
export function getRequest(url: URL): string {
  const lines = [`Host: ${url.host}`, 'User-Agent: isotls', 'Accept: */*', 'Connection: close'];
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** Follows a response as it comes. */
export interface ResponseReader {
  take(bytes: Uint8Array): void;
  /** True once the response has ended by its own account; one that ends with the connection never does. */
  readonly complete: boolean;
}

type Part =
  | { readonly kind: 'line'; readonly of: 'head' | 'chunk-size' | 'chunk-end' | 'trailer' }
  | { readonly kind: 'bytes'; left: number; readonly of: 'body' | 'chunk' }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'complete' };

/** A line longer than this is not waited for. */
const MAX_LINE = 65_536;

export function createResponseReader(): ResponseReader {
  let part: Part = { kind: 'line', of: 'head' };
  let line = '';
  let head: string[] = [];

  return {
    take(bytes) {
      let at = 0;
      while (at < bytes.length && part.kind !== 'until-close' && part.kind !== 'complete') {
        if (part.kind === 'bytes') at += takeBytes(part, bytes.length - at);
        else at += takeLine(part.of, bytes.subarray(at));
      }
    },
    get complete() {
      return part.kind === 'complete';
    },
  };

  function takeBytes(current: Part & { kind: 'bytes' }, available: number): number {
    const taken = Math.min(current.left, available);
    current.left -= taken;
    if (current.left === 0) part = current.of === 'body' ? { kind: 'complete' } : { kind: 'line', of: 'chunk-end' };
    return taken;
  }

  function takeLine(of: (Part & { kind: 'line' })['of'], bytes: Uint8Array): number {
    const end = bytes.indexOf(0x0a);
    const taken = end < 0 ? bytes.length : end + 1;
    line += Buffer.from(bytes.subarray(0, taken)).toString('latin1');
    if (end >= 0) {
      const whole = line.replace(/\r?\n$/, '');
      line = '';
      part = next(of, whole);
    } else if (line.length > MAX_LINE) part = { kind: 'until-close' };
    return taken;
  }

  function next(of: (Part & { kind: 'line' })['of'], text: string): Part {
    switch (of) {
      case 'head':
        if (text !== '') {
          head.push(text);
          return { kind: 'line', of: 'head' };
        }
        return bodyOf(head);
      case 'chunk-size': {
        const size = /^[0-9a-f]{1,12}(?=\s*(;|$))/i.exec(text)?.[0];
        if (size === undefined) return { kind: 'until-close' };
        const length = Number.parseInt(size, 16);
        return length === 0 ? { kind: 'line', of: 'trailer' } : { kind: 'bytes', left: length, of: 'chunk' };
      }
      case 'chunk-end':
        return { kind: 'line', of: 'chunk-size' };
      case 'trailer':
        return text === '' ? { kind: 'complete' } : { kind: 'line', of: 'trailer' };
    }
  }

  function bodyOf(lines: readonly string[]): Part {
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(lines[0] ?? '')?.[1] ?? 0);
    head = [];
    // RFC 9110 §15.2: an interim response is followed by the real one.
    if (status >= 100 && status < 200 && status !== 101) return { kind: 'line', of: 'head' };
    if (status === 204 || status === 304) return { kind: 'complete' };
    if (/\bchunked$/i.test(fieldOf(lines, 'transfer-encoding') ?? '')) return { kind: 'line', of: 'chunk-size' };
    if (fieldOf(lines, 'transfer-encoding') !== null) return { kind: 'until-close' };
    const length = fieldOf(lines, 'content-length') ?? '';
    if (!/^\d{1,15}$/.test(length)) return { kind: 'until-close' };
    return Number(length) === 0 ? { kind: 'complete' } : { kind: 'bytes', left: Number(length), of: 'body' };
  }
}

function fieldOf(lines: readonly string[], name: string): string | null {
  const line = lines.find((text) => text.toLowerCase().startsWith(`${name}:`));
  return line === undefined ? null : line.slice(name.length + 1).trim();
}
