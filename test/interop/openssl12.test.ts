import { startOpenssl12 } from './openssl-peer.ts';
import { testPeer } from './suite.ts';

testPeer('openssl in TLS 1.2', startOpenssl12, 'TLS 1.2');
