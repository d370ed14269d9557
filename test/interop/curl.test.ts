import { startCurl } from './curl-peer.ts';
import { testPeer } from './suite.ts';

testPeer('curl', startCurl);
