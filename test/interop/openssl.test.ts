import { startOpenssl } from './openssl-peer.ts';
import { testPeer } from './suite.ts';

testPeer('openssl', startOpenssl);
