import { startPython12 } from './python-peer.ts';
import { testPeer } from './suite.ts';

testPeer("Python's ssl in TLS 1.2", startPython12, 'TLS 1.2');
