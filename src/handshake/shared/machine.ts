/**
 * The shape of a state machine: tables as values, handlers whose next states the table allows, and the dispatch.
 *
 * The compiler refuses a next state that the row does not name, a handler for an input that is not in the row, and a row
 * without a handler; `dispatch` refuses at run time whatever the table does not expect.
 *
 * @see RFC 9846 Appendix A (State Machine)
 * @module
 */
import { fail } from '../../errors/errors.ts';
import type { Exporter } from '../../keys/exporter.ts';
import type { Effect } from './effects.ts';
import type { Env } from './env.ts';
import type { AnyInput, InputName, Inputs } from './inputs.ts';

/** State → input → the states it may lead to. */
export type TableOf<S extends { readonly kind: string }, Next extends string = S['kind']> = {
  readonly [K in S['kind']]: { readonly [I in InputName]?: readonly Next[] };
};

type AnyTable = { readonly [state: string]: { readonly [I in InputName]?: readonly string[] } };
type To<T, K extends keyof T, I> = I extends keyof T[K] ? (T[K][I] extends readonly (infer N)[] ? N : never) : never;

/**
 * A next state is written in this order: what is new, what was known, what has changed. V8 of Node 20 takes 2 µs for each
 * property that is added to what it has just copied. What is new must be so at run time too: what was known would win.
 */
export interface Outcome<Next> {
  readonly next: Next;
  readonly effects: readonly Effect[];
}

/**
 * The handlers of one state: one for each input in its row. `S` is the union of all states reachable, `T` the table.
 */
export type StateHandlers<S extends { readonly kind: string }, T, K extends keyof T> = {
  readonly [I in keyof T[K] & InputName]: (
    state: Extract<S, { kind: K }>,
    input: Inputs[I],
    env: Env,
  ) => Outcome<Extract<S, { kind: To<T, K, I> }>>;
};

/** All handlers of a table. */
export type HandlersOf<S extends { readonly kind: string }, T> = {
  readonly [K in keyof T]: StateHandlers<S, T, K>;
};

/** A role's whole machine, as the driver sees it. */
export interface Machine<S extends { readonly kind: string }> {
  readonly role: 'client' | 'server';
  readonly table: AnyTable;
  readonly dispatch: (state: S, input: AnyInput, env: Env) => Outcome<S>;
  /** Whether a state's row has this input. */
  readonly expects: (state: S, input: InputName) => boolean;
  /** What a state that is connected exports from, else null. */
  readonly exporterOf: (state: S) => Exporter | null;
  /** TLS 1.2: the session ID that is forgotten when this connection fails (RFC 5246 §7.2.2); null or empty: none. */
  readonly sessionIdOf: (state: S) => Uint8Array | null;
  /** Overwrites all secrets that a state holds; it is not used again. */
  readonly wipe: (state: S) => void;
}

/**
 * Joins tables and their handlers into the machine of a role.
 */
export function defineMachine<S extends { readonly kind: string }>(
  parts: Pick<Machine<S>, 'role' | 'table' | 'exporterOf' | 'sessionIdOf' | 'wipe'> & {
    readonly handlers: Readonly<Record<S['kind'], object>>;
  },
): Machine<S> {
  const { role, table, handlers, exporterOf, sessionIdOf, wipe } = parts;
  return {
    role,
    table,
    exporterOf,
    sessionIdOf,
    wipe,
    expects: (state, input) => Object.hasOwn(table[state.kind] ?? {}, input),
    dispatch: (state, input, env) => dispatch<S>(table, handlers, state, input, env),
  };
}

function dispatch<S extends { readonly kind: string }>(
  table: AnyTable,
  handlers: Readonly<Record<string, object>>,
  state: S,
  input: AnyInput,
  env: Env,
): Outcome<S> {
  const row = handlers[state.kind];
  if (row === undefined || !Object.hasOwn(row, input.name)) {
    fail('ERR_TLS_UNEXPECTED_MESSAGE', unexpected(table, state.kind, input.name));
  }
  // The only cast: `HandlersOf` has checked each handler against its state and input, but a lookup by two variables loses
  // that the two belong together.
  const handler = (row as Readonly<Record<string, (state: S, input: unknown, env: Env) => Outcome<S>>>)[input.name];
  if (handler === undefined) fail('ERR_TLS_INTERNAL');
  return handler(state, input.value, env);
}

function unexpected(table: AnyTable, kind: string, name: string): string {
  const expected = Object.keys(table[kind] ?? {});
  return `received ${name} in ${kind}, expected ${expected.length === 0 ? 'nothing' : expected.join(' or ')}`;
}
