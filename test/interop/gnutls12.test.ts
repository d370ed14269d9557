import { startGnutls12 } from './gnutls-peer.ts';
import { testPeer } from './suite.ts';

testPeer('GnuTLS in TLS 1.2', startGnutls12, 'TLS 1.2');
