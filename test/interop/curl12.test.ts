import { startCurl12 } from './curl-peer.ts';
import { testPeer } from './suite.ts';

testPeer('curl in TLS 1.2', startCurl12, 'TLS 1.2');
