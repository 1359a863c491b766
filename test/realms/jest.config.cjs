// jest takes no ES modules. The environment is given on the command line: scripts/realms.mjs
module.exports = {
  testMatch: ['<rootDir>/realms.test.cjs'],
  transform: { '/cases\\.js$': '<rootDir>/to-commonjs.cjs' },
  transformIgnorePatterns: ['/node_modules/'],
};
