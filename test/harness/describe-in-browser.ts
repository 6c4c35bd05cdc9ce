/** A group of tests that need a real browser. */
import { afterAll, describe, jest } from '@jest/globals';
import { openBrowser, type Browser } from './browser.ts';

/** A page waits for up to 10 s for something to show; a test has several such moments. */
const TEST_TIMEOUT_MS = 60_000;

/** Tests in a browser of their own; skipped by name where none can start. To be awaited at the top of a test file. */
export async function describeInBrowser(name: string, tests: (browser: () => Browser) => void): Promise<void> {
  const { browser, missing } = await openBrowser();
  jest.setTimeout(TEST_TIMEOUT_MS);
  const suite = () => {
    afterAll(() => browser?.close());
    tests(() => {
      if (browser) return browser;
      throw new Error('These tests are skipped: there is no browser.');
    });
  };
  if (browser) describe(name, suite);
  else describe.skip(`${name} (no Chromium here: ${missing})`, suite);
}
