/**
 * isotls/node: TLS over node:net and over any Duplex.
 *
 * @module
 */
export { bundledTrust, systemTrust } from './adapters/node-roots.ts';
export { type EarlyDataStatus, type StreamOptions, TlsStream } from './adapters/node-stream.ts';
export { type AcceptOptions, accept, type ConnectOptions, connect, createServer } from './adapters/node-tls.ts';
export type { AsyncDeciders } from './adapters/pump.ts';
