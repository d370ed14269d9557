import { startGo } from './go-peer.ts';
import { testPeer } from './suite.ts';

testPeer('Go crypto/tls', startGo);
