import { availableParallelism } from 'node:os';
import { buildArgv } from 'jest';

/**
 * Tests that start a browser, proxies, Valkey or processes, build the run page, try every form, size and fault of an
 * answer, or need the packages of test/peers.
 */
const END_TO_END = [
  '/test/(?:web|deploy|fleet|containment|contract|peers)/.*\\.test\\.ts$',
  '/test/(?:process|cli|http/(?:behind-nginx|mcp|mcp-page|missing-page|random-schedules|slow-readers|socket-load|unread-events)|observability/exported-traces|upstream/connecting|upstream/large-answers|upstream/proxies)\\.test\\.ts$',
];

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

const testMatch = ['<rootDir>/test/**/*.test.ts'];

/** @type {import('jest').Config} */
const fast = {
  ...shared,
  testMatch,
  testPathIgnorePatterns: END_TO_END,
  globalSetup: '<rootDir>/test/harness/global-setup.ts',
};
/** `npm run test:e2e`. @type {import('jest').Config} */
export const endToEnd = {
  ...shared,
  testRegex: END_TO_END,
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
