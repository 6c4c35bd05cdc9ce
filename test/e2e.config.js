/** `npm run test:e2e`. The rest of the tests is `npm test`. */
import config, { END_TO_END } from '../jest.config.js';

const { testMatch, testPathIgnorePatterns, ...shared } = config;

/** @type {import('jest').Config} */
export default {
  ...shared,
  rootDir: '..',
  globalSetup: '<rootDir>/test/harness/browser-setup.ts',
  testRegex: END_TO_END,
};
