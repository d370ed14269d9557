import { startNss12 } from './nss-peer.ts';
import { testPeer } from './suite.ts';

testPeer('NSS in TLS 1.2', startNss12, 'TLS 1.2');
