import { testSplits } from './splits.ts';

testSplits('client');
