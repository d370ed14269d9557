/**
 * All refusals of TLS 1.2 by theme.
 *
 * @module
 */
import { authenticationCases12 } from './cases12-authentication.ts';
import { helloCases12 } from './cases12-hello.ts';
import { orderCases12, recordCases12 } from './cases12-order.ts';
import type { Refusal } from './refusal.ts';

export const THEMES_12: Readonly<Record<string, readonly Refusal[]>> = {
  hellos: helloCases12,
  'certificates, key exchange and tickets': authenticationCases12,
  'order, change_cipher_spec, Finished and renegotiation': orderCases12,
  'alerts and records': recordCases12,
};
