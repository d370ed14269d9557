import { startNodePeer12 } from './node-peer.ts';
import { testPeer } from './suite.ts';

testPeer('node:tls in TLS 1.2', (t, authority) => startNodePeer12(t, authority, process.execPath), 'TLS 1.2');
