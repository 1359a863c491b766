// In vitest, whose pools vmThreads and vmForks give each file a realm of its own.
import assert from 'node:assert';
import * as voronode from 'voronode';
import cases from './cases.js';

cases(voronode, assert);
