/**
 * isotls/crypto/node: the provider on node:crypto, for Node, Deno and Bun. Pass it as `crypto` in a config.
 *
 * @module
 */
export { nodeProvider } from './crypto/node/provider.ts';
