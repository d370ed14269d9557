import { testSplits } from './splits.ts';

testSplits('server');
