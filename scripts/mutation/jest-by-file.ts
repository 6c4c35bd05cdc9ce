/**
 * Stryker's jest runner, which loads for a mutant only the test files that reach it: the one that noticed the last mutant, then the quick
 * ones, then the others. By itself it picks tests by their names, and loads every file to find them: that takes most of the time.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { StrykerOptions } from '@stryker-mutator/api/core';
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import type { Injector, PluginContext } from '@stryker-mutator/api/plugin';
import { DryRunStatus, MutantRunStatus, type MutantRunResult, type TestRunner } from '@stryker-mutator/api/test-runner';
import { strykerPlugins as jestPlugins } from '@stryker-mutator/jest-runner';
import type { JestOptions } from './options.ts';

/** How long the tests of the quick files take together, in milliseconds. */
const QUICK_MS = 500;
/** In Stryker's copy of the project. The process of a runner is ended at each timeout, and the next one makes no dry run. */
const TEST_FILES = 'test-files.json';

interface TestFiles {
  /** By the id of a test. */
  readonly fileOf: Record<string, string>;
  /** How long all tests of a file take together. */
  readonly msOf: Record<string, number>;
}

function createJestByFile(injector: Injector<PluginContext>, options: StrykerOptions): TestRunner {
  const [jest] = jestPlugins;
  if (!jest) throw new Error('expected a test runner in @stryker-mutator/jest-runner, got none');
  const runner: TestRunner = injector.injectFunction(jest.factory);
  // The runner reads this list again for each mutant.
  const { testMatch } = (options.jest as JestOptions).config;
  const load = (files: readonly string[]) => testMatch.splice(0, Infinity, ...files);
  let files: TestFiles = { fileOf: {}, msOf: {} };
  /** What noticed a mutant last comes first, and alone: the next mutant is mostly of the same function. */
  let latest: string | undefined;

  const msOf = (file: string): number => files.msOf[file] ?? 0;

  /** As they are to be loaded, one group after another, until one notices the mutant. */
  function groupsOf(tests: readonly string[] | undefined): readonly (readonly string[])[] {
    // What is evaluated when a file is loaded is reached by no test in particular.
    const ids = tests ?? Object.keys(files.fileOf);
    const reaching = [...new Set(ids.map((id) => files.fileOf[id]).filter((file) => file !== undefined))];
    const first = reaching.filter((file) => file === latest);
    const others = reaching.filter((file) => file !== latest).sort((one, other) => msOf(one) - msOf(other));
    let ms = 0;
    const quick = others.filter((file) => (ms += msOf(file)) < QUICK_MS);
    return [first, quick, others.slice(quick.length)].filter((group) => group.length > 0);
  }

  return {
    capabilities: () => runner.capabilities(),
    init: async () => {
      if (existsSync(TEST_FILES)) files = JSON.parse(readFileSync(TEST_FILES, 'utf8')) as TestFiles;
      await runner.init?.();
    },
    dispose: async () => runner.dispose?.(),
    async dryRun(run) {
      const result = await runner.dryRun(run);
      if (result.status !== DryRunStatus.Complete) return result;
      for (const { id, fileName, timeSpentMs } of result.tests) {
        if (fileName === undefined) continue;
        files.fileOf[id] = fileName;
        files.msOf[fileName] = msOf(fileName) + timeSpentMs;
      }
      writeFileSync(TEST_FILES, JSON.stringify(files));
      return result;
    },
    async mutantRun(run) {
      let result: MutantRunResult = { status: MutantRunStatus.Survived, nrOfTests: 0 };
      for (const group of groupsOf(run.testFilter)) {
        load(group);
        result = await runner.mutantRun(run);
        if (result.status !== MutantRunStatus.Survived) break;
      }
      if (result.status === MutantRunStatus.Killed) latest = files.fileOf[result.killedBy[0] ?? ''];
      return result;
    },
  };
}
createJestByFile.inject = tokens(commonTokens.injector, commonTokens.options);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'jest-by-file', createJestByFile)];
