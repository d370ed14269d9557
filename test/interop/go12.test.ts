import { startGo12 } from './go-peer.ts';
import { testPeer } from './suite.ts';

testPeer('Go crypto/tls in TLS 1.2', startGo12, 'TLS 1.2');
