/**
 * What one rule of RFC 9846 is that says which alert ends a connection, and the ways to name the tests that hold us to it.
 *
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';

export interface TestName {
  /** From the root of the project. */
  readonly file: string;
  readonly name: string;
}

/** What shows that a rule is kept, or why nothing can. */
type Evidence =
  | { readonly tests: readonly TestName[] }
  /** No peer can bring this library to where the rule applies. */
  | { readonly unreachable: string }
  /** For a SHOULD or a MAY alone: what is done instead. */
  | { readonly declined: string };

export type AlertRule = Evidence & {
  readonly id: string;
  readonly section: string;
  /** Where its sentence begins in rfc9846-editors-copy.txt; a sentence with several checks is several rules. */
  readonly line: number;
  readonly level: 'MUST' | 'SHOULD' | 'MAY';
  /** Who has to act. */
  readonly by: 'client' | 'server' | 'both';
  /** Any of them keeps the rule. Empty: the connection ends without a word. */
  readonly alerts: readonly AlertName[];
  /** The sentence names no alert; the alerts are what §6.2 calls for. */
  readonly unnamed?: true;
  /** In our own words. */
  readonly rule: string;
};

/** A sentence with the name of an alert that asks for nothing to be sent or refused. */
export interface Remark {
  readonly line: number;
  readonly about: string;
}

const named =
  (file: string) =>
  (...names: readonly string[]): readonly TestName[] =>
    names.map((name) => ({ file, name }));

/** Cases of test/handshake, "role: title": who refuses, and what. */
export const refused: ReturnType<typeof named> = named('test/handshake/refusals.test.ts');
/** Cases of this folder. */
export const covered: ReturnType<typeof named> = named('test/coverage/refusals.test.ts');
export const closure: ReturnType<typeof named> = named('test/coverage/closure.test.ts');
export const tables: ReturnType<typeof named> = named('test/machine/tables.test.ts');
export const resumption: ReturnType<typeof named> = named('test/connection/resumption.test.ts');
export const algorithms: ReturnType<typeof named> = named('test/connection/algorithms.test.ts');
export const records: ReturnType<typeof named> = named('test/record/protection13.test.ts');
