// In jest, whose test environments are realms of their own.
const assert = require('node:assert');
const cases = require('./cases.js');

cases(require('voronode'), assert);
