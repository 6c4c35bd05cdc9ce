/**
 * Stryker's jest runner, which loads for a mutant only the test files that reach it, the quick ones first. By itself it picks tests by
 * their names, and loads every file to find them: that takes most of the time.
 */
import type { StrykerOptions } from '@stryker-mutator/api/core';
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import type { Injector, PluginContext } from '@stryker-mutator/api/plugin';
import { DryRunStatus, MutantRunStatus, type TestRunner } from '@stryker-mutator/api/test-runner';
import { strykerPlugins as jestPlugins } from '@stryker-mutator/jest-runner';
import type { JestOptions } from './options.ts';

/** How long the tests of the quick files take together, in milliseconds. */
const QUICK_MS = 500;

function createJestByFile(injector: Injector<PluginContext>, options: StrykerOptions): TestRunner {
  const [jest] = jestPlugins;
  if (!jest) throw new Error('expected a test runner in @stryker-mutator/jest-runner, got none');
  const runner: TestRunner = injector.injectFunction(jest.factory);
  // The runner reads this list again for each mutant.
  const { testMatch } = (options.jest as JestOptions).config;
  const all = [...testMatch];
  const load = (files: readonly string[]) => testMatch.splice(0, Infinity, ...files);
  const fileOf = new Map<string, string>();
  /** Of all tests of a file. */
  const timeOf = new Map<string, number>();

  function quickOnes(files: readonly string[]): readonly string[] {
    let ms = 0;
    return files.filter((file, index) => {
      ms += timeOf.get(file) ?? 0;
      return index === 0 || ms < QUICK_MS;
    });
  }

  return {
    capabilities: () => runner.capabilities(),
    init: async () => runner.init?.(),
    dispose: async () => runner.dispose?.(),
    async dryRun(run) {
      const result = await runner.dryRun(run);
      if (result.status !== DryRunStatus.Complete) return result;
      for (const { id, fileName, timeSpentMs } of result.tests) {
        if (fileName === undefined) continue;
        fileOf.set(id, fileName);
        timeOf.set(fileName, (timeOf.get(fileName) ?? 0) + timeSpentMs);
      }
      return result;
    },
    async mutantRun(run) {
      const reaching = new Set(run.testFilter?.map((id) => fileOf.get(id)).filter((file) => file !== undefined));
      const files = [...reaching].sort((one, other) => (timeOf.get(one) ?? 0) - (timeOf.get(other) ?? 0));
      const quick = quickOnes(files);
      load(files.length > 0 ? quick : all);
      const result = await runner.mutantRun(run);
      const others = files.slice(quick.length);
      if (result.status !== MutantRunStatus.Survived || others.length === 0) return result;
      load(others);
      return runner.mutantRun(run);
    },
  };
}
createJestByFile.inject = tokens(commonTokens.injector, commonTokens.options);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'jest-by-file', createJestByFile)];
