// In jest, whose test environments are realms of their own.
const assert = require('node:assert');
const cases = require('./cases.js');

cases(require('voronode'), assert);

test('an index of the copy before jest.resetModules() is called that', () => {
  const { IndexFlatL2 } = require('voronode');
  jest.resetModules();
  const { IndexIDMap } = require('voronode');
  expect(() => new IndexIDMap(new IndexFlatL2(2))).toThrow(/of another copy of voronode \(\d.*jest\.resetModules/);
});
