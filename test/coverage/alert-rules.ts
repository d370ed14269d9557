/**
 * Every rule of RFC 9846, §4 to §10, that says with which alert a connection ends.
 *
 * `alert-rules.test.ts` holds this table against the text (none may be missing) and against the tests (all must exist);
 * docs/rfc-coverage.md is made of it.
 *
 * @module
 */
import type { AlertRule } from './rule.ts';
import { authenticationRules } from './rules-authentication.ts';
import { extensionRules } from './rules-extensions.ts';
import { keyExchangeRules } from './rules-key-exchange.ts';
import { recordAndAlertRules } from './rules-record.ts';

export const alertRules: readonly AlertRule[] = [
  ...keyExchangeRules,
  ...extensionRules,
  ...authenticationRules,
  ...recordAndAlertRules,
].sort((a, b) => a.line - b.line);
