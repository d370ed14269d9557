import { startNginx12 } from './nginx-peer.ts';
import { testPeer } from './suite.ts';

testPeer('nginx in TLS 1.2', startNginx12, 'TLS 1.2');
