/**
 * A headless Chromium that is driven through its DevTools protocol, over the pipe that needs no port and no WebSocket.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { PATIENCE_MS } from '../eventually.ts';

export interface DevTools {
  /** Calls a method; resolves to its result, rejects for its error. */
  call(method: string, params?: object, sessionId?: string): Promise<Record<string, unknown>>;
  /** The parameters of the next event of this kind that `fits`; rejects after PATIENCE_MS. */
  event(method: string, fits?: (params: Event) => boolean): Promise<Event>;
  /** What it has written to stderr. */
  stderr(): string;
}

export type Event = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: Event;
}

/** Starts Chromium with an empty profile in `home`, and with `home` as the home of its user. It ends with `t`. */
export async function startChromium(t: TestContext, home: string, args: readonly string[] = []): Promise<DevTools> {
  const child = spawn(
    'chromium',
    [
      // Root has no sandbox. The others keep it from the network that it does not have.
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[`--user-data-dir=${home}/profile`, '--remote-debugging-pipe', ...args],
    ],
    {
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: `${home}/.config` },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const ended = once(child, 'exit');
  t.after(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await ended;
    // Its helpers may hold the other ends a little longer.
    for (const stream of child.stdio) stream?.destroy();
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [, , , toChild, fromChild] = child.stdio as unknown as [unknown, unknown, unknown, Writable, Readable];
  toChild.on('error', () => {});

  let calls = 0;
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let text = '';
  fromChild.setEncoding('utf8');
  fromChild.on('data', (chunk: string) => {
    const parts = (text + chunk).split('\0');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id !== undefined) waiting.get(message.id)?.(message);
      else for (const listener of listeners) listener(message);
    }
  });

  const patiently = <T>(
    what: string,
    begin: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
  ) =>
    new Promise<T>((resolve, reject) => {
      let over = (): void => {};
      const settled = (): void => {
        clearTimeout(timer);
        over();
      };
      const timer = setTimeout(() => {
        over();
        reject(new Error(`no ${what} of chromium\n${stderr.slice(-2000)}`));
      }, PATIENCE_MS).unref();
      over = begin(
        (value) => {
          settled();
          resolve(value);
        },
        (error) => {
          settled();
          reject(error);
        },
      );
    });

  return {
    stderr: () => stderr,
    call: (method, params = {}, sessionId) =>
      patiently(`answer to ${method}`, (resolve, reject) => {
        calls += 1;
        const id = calls;
        waiting.set(id, ({ result, error }) => {
          if (error === undefined) resolve(result ?? {});
          else reject(new Error(`${method}: ${error.message}`));
        });
        toChild.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
        return () => waiting.delete(id);
      }),
    event: (method, fits = () => true) =>
      patiently(`event ${method}`, (resolve) => {
        const listener = (message: Message): void => {
          if (message.method === method && message.params !== undefined && fits(message.params))
            resolve(message.params);
        };
        listeners.add(listener);
        return () => listeners.delete(listener);
      }),
  };
}
