/** The order of the test files on a machine that has not run them yet. By size, as Jest has it, a slow one may start last, alone. */
import TestSequencer from '@jest/test-sequencer';

/** They start processes or a browser, or compute for long. */
const SLOW = /\/test\/(?:web|fleet|deploy|process|cli|containment|graphql\/random|observability)\b/;

export default class SlowFilesFirst extends TestSequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    return [...sorted.filter(({ path }) => SLOW.test(path)), ...sorted.filter(({ path }) => !SLOW.test(path))];
  }
}
