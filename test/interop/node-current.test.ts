/**
 * The matrix with node:tls of npm's current node: X25519MLKEM768 in both roles.
 *
 * @module
 */
import { findCurrentNode } from './current-node.ts';
import { startNodePeer } from './node-peer.ts';
import { testPeer } from './suite.ts';

testPeer("node:tls of npm's current node", async (t, authority) => {
  const found = await findCurrentNode();
  if ('reason' in found) {
    if (process.env['CI'] === 'true') throw new Error(found.reason);
    t.skip(found.reason);
    return null;
  }
  return startNodePeer(t, authority, found.path, { bulk: false, hybrid: true });
});
