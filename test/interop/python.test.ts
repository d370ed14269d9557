import { startPython } from './python-peer.ts';
import { testPeer } from './suite.ts';

testPeer('Python ssl', startPython);
