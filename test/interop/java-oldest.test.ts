/**
 * The matrix with Java's JSSE, of the oldest JDK that this machine has.
 *
 * @module
 */
import { findJdks, startJavaPeer } from './java-peer.ts';
import { testPeer } from './suite.ts';

testPeer('Java JSSE, oldest', async (t, authority) => {
  const jdk = findJdks()[0];
  if (jdk !== undefined) return startJavaPeer(t, authority, jdk);
  t.skip('no JDK from 17 on on this machine');
  return null;
});
