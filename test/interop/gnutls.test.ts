import { startGnutls } from './gnutls-peer.ts';
import { testPeer } from './suite.ts';

testPeer('GnuTLS', startGnutls);
