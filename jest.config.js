/** Node strips the types itself, so there is no transform. @type {import('jest').Config} */
export default {
  testEnvironment: './test/support/environment.ts',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  testSequencer: '<rootDir>/test/support/slow-files-first.js',
  setupFiles: ['<rootDir>/test/support/fixed-seed.ts'],
  // Gateways, upstreams and a browser share the cores with the tests.
  testTimeout: 60_000,
  // By default one core is left idle, which makes two cores take twice as long.
  maxWorkers: '100%',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  // Copies of the project, while mutants are tested.
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  // The library as it is, and not as it was built.
  moduleNameMapper: { '^stepgate$': '<rootDir>/src/index.ts' },
};
