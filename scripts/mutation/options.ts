/** Options of Stryker for one room, folder or file. */
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';

/** The part of the jest runner's options that is used here. */
export interface JestOptions {
  readonly config: { readonly testMatch: string[] };
}

/** The tests that the mutants of a room are run against: its own, and those that check it against a rule. */
const TESTS_OF_ROOMS: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain', 'reference'],
  auth: ['auth'],
  upstream: ['upstream', 'contract'],
  runs: ['runs'],
  graphql: ['graphql', 'one-road'],
  http: ['http', 'one-road'],
  fleet: ['fleet'],
  observability: ['observability'],
};

/** `target` is a path below `src`. `given`: beginnings of test files below `test`, in place of those of the room. */
export function optionsFor(target: string, given?: readonly string[]): PartialStrykerOptions {
  const [room = ''] = target.split('/');
  const tests =
    given?.map((file) => `${file}*.test.ts`) ?? TESTS_OF_ROOMS[room]?.map((folder) => `${folder}/**/*.test.ts`);
  if (!tests) throw new Error(`expected a room of ${Object.keys(TESTS_OF_ROOMS).join(', ')}; got ${target}`);
  const name = target.replaceAll('/', '-').replace(/\.ts$/, '');
  const testMatch = tests.map((pattern) => `<rootDir>/test/${pattern}`);
  return {
    mutate: [target.endsWith('.ts') ? `src/${target}` : `src/${target}/**/*.ts`, '!src/graphql/generated/**'],
    plugins: [
      '@stryker-mutator/jest-runner',
      import.meta.resolve('./jest-by-file.ts'),
      import.meta.resolve('./ignored.ts'),
    ],
    ignorers: ['texts-logs-tuning'],
    testRunner: 'jest-by-file',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    // The page is built, and no browser is needed. What is undefined would not reach the test runner's process.
    jest: { projectType: 'custom', config: { testMatch, globalSetup: null }, enableFindRelatedTests: true },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `reports/mutation/${name}.json`,
    // `dist` is needed: each test that asks for the run page would build it.
    ignorePatterns: ['reports', 'bench', 'clients', 'routers', 'docs/screenshots'],
    reporters: ['progress-append-only'],
    // The tests start servers and processes of their own.
    concurrency: 1,
    // Jest leaves modules behind: after some hundred mutants a process has gigabytes, and spends its time collecting them.
    maxTestRunnerReuse: 50,
    disableTypeChecks: false,
    allowEmpty: false,
  };
}
