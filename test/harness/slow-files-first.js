/** The order of test files on a machine without recorded durations. Jest's order by size may start a slow file last. */
import TestSequencer from '@jest/test-sequencer';

/** These start processes or a browser, or compute for long. */
const SLOW =
  /\/test\/(?:web|fleet|deploy|process|cli|containment|graphql\/(?:answer-bounds|incident|large-payloads)|upstream\/answers)\b/;

export default class SlowFilesFirst extends TestSequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    return [...sorted.filter(({ path }) => SLOW.test(path)), ...sorted.filter(({ path }) => !SLOW.test(path))];
  }
}
