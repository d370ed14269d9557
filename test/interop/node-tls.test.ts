/**
 * The matrix with node:tls of the node that runs the tests, and the 64 MiB of every suite.
 *
 * @module
 */
import { startNodePeer } from './node-peer.ts';
import { testPeer } from './suite.ts';

testPeer('node:tls', (t, authority) => {
  const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
  const hybrid = major > 3 || (major === 3 && minor >= 5);
  return startNodePeer(t, authority, process.execPath, { bulk: true, hybrid });
});
