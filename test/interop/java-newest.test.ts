/**
 * The matrix with Java's JSSE, of the newest JDK that this machine has.
 *
 * @module
 */
import { findJdks, startJavaPeer } from './java-peer.ts';
import { testPeer } from './suite.ts';

testPeer('Java JSSE, newest', async (t, authority) => {
  const jdks = findJdks();
  const jdk = jdks.at(-1);
  if (jdk !== undefined && jdks.length > 1) return startJavaPeer(t, authority, jdk);
  t.skip('no second JDK on this machine');
  return null;
});
