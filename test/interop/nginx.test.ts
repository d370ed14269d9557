import { startNginxPeer } from './nginx-peer.ts';
import { testPeer } from './suite.ts';

testPeer('nginx', startNginxPeer);
