import { availableParallelism } from 'node:os';

/** `npm run test:e2e`: what starts a browser, proxies or processes of its own, or builds the run page. */
export const END_TO_END = [
  '/test/(?:web|deploy)/.*\\.test\\.ts$',
  '/test/(?:process|cli|fleet/(?:live|proofs|random-faults|valkey)|http/behind-nginx|observability/exported-traces|upstream/connecting|upstream/proxies)\\.test\\.ts$',
];

/** Node strips the types itself, so there is no transform. @type {import('jest').Config} */
export default {
  testEnvironment: './test/harness/environment.ts',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: END_TO_END,
  globalSetup: '<rootDir>/test/harness/global-setup.ts',
  testSequencer: '<rootDir>/test/harness/slow-files-first.js',
  setupFiles: ['<rootDir>/test/harness/fixed-seed.ts'],
  // Gateways, upstreams and a browser share the cores with the tests.
  testTimeout: 60_000,
  // Many tests wait for a process, a browser or a socket: two cores have three files at a time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // What a file leaves in its worker makes the collections of the next ones longer: half as much again for the whole suite.
  workerIdleMemoryLimit: '400MB',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  // A copy of the project, for the bench.
  modulePathIgnorePatterns: ['<rootDir>/bench/.build/'],
  // The library as it is, and not as it was built.
  moduleNameMapper: { '^stepgate$': '<rootDir>/src/index.ts' },
};
