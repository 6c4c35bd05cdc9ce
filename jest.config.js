import { availableParallelism } from 'node:os';
import { buildArgv } from 'jest';

/** Node strips the types itself. @type {import('jest').Config} */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: './test/harness/environment.ts',
  setupFiles: ['<rootDir>/test/harness/fixed-seed.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  // The server and the packages that tests share with it are loaded once a worker. White-box tests of src/upstream fake its timers.
  transform: {
    '/src/(?!upstream/|web/).*\\.ts$|/node_modules/(?:@fastify/static|@opentelemetry|fastify|got|graphql|pino)/':
      '<rootDir>/test/harness/load-once.ts',
  },
  transformIgnorePatterns: [],
  // A copy of the project, for the bench.
  modulePathIgnorePatterns: ['<rootDir>/bench/.build/'],
  moduleNameMapper: {
    // The library as it is, and not as it was built.
    '^stepgate$': '<rootDir>/src/index.ts',
  },
};

/** Tests that need a browser, a proxy, several processes, megabytes or packages of their own are `*.e2e.test.ts`. */
const testMatch = ['<rootDir>/test/**/*.test.ts'];

/** @type {import('jest').Config} */
const fast = {
  ...shared,
  testMatch,
  testPathIgnorePatterns: ['\\.e2e\\.test\\.ts$'],
  globalSetup: '<rootDir>/test/harness/global-setup.ts',
};
/** `npm run test:e2e`. @type {import('jest').Config} */
export const endToEnd = {
  ...shared,
  testMatch: ['<rootDir>/test/**/*.e2e.test.ts'],
  globalSetup: '<rootDir>/test/harness/browser-setup.ts',
};

/** A folder or file that is named is run, wherever it belongs. */
const { _: named, testPathPatterns = [], findRelatedTests } = await buildArgv(process.argv.slice(2));
const isNamed = findRelatedTests !== true && named.length + testPathPatterns.length > 0;

/** @type {import('jest').Config} */
export default {
  projects: isNamed ? [fast, endToEnd] : [fast],
  // For knip, which does not look into projects.
  testMatch,
  testSequencer: '<rootDir>/test/harness/slow-files-first.js',
  // Gateways, upstreams and a browser share the cores with the tests.
  testTimeout: 60_000,
  // Many tests wait for a process, a browser or a socket: two cores have three files at a time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // What a file leaves in its worker makes the collections of the next ones longer: half as much again for the whole suite.
  workerIdleMemoryLimit: '400MB',
};
