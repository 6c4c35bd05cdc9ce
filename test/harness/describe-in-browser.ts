/** A group of tests that need a real browser. */
import { afterAll, afterEach, describe, expect, jest } from '@jest/globals';
import { openBrowser, openPage, type OpenPage, type Page, type PageOptions } from './browser.ts';

/** A page waits up to 10 s for an element, several times in one test. */
const TEST_TIMEOUT_MS = 60_000;

export interface VisitOptions extends PageOptions {
  /** Whether errors in the browser's console are allowed, for tests that break the page's files or answers. */
  readonly mayComplain?: boolean;
}

/** One browser for all groups of a test file. */
const { browser, missing } = await openBrowser();
afterAll(() => browser?.close());

/** Opens a page with its own storage. It is closed after the test, which fails if the page reported errors. */
export type Open = (options?: VisitOptions) => Promise<Page>;

/** Skipped, with the reason in the name, if no browser can start. */
export function describeInBrowser(name: string, tests: (open: Open) => void): void {
  jest.setTimeout(TEST_TIMEOUT_MS);
  const visits: (OpenPage & VisitOptions)[] = [];
  const open: Open = async (options = {}) => {
    if (!browser) throw new Error('These tests are skipped: there is no browser.');
    const opened = await openPage(browser, options);
    visits.push({ ...opened, ...options });
    return opened.page;
  };
  const suite = () => {
    afterEach(async () => {
      const closed = visits.splice(0);
      await Promise.all(
        closed.map(async ({ context, page }) => {
          // A request that a test answers itself may still be under way.
          await page.unrouteAll({ behavior: 'ignoreErrors' });
          await context.close();
        }),
      );
      const unexpected = closed.filter(({ mayComplain = false }) => !mayComplain);
      expect(unexpected.flatMap(({ complaints }) => complaints)).toEqual([]);
    });
    tests(open);
  };
  if (browser) describe(name, suite);
  else describe.skip(`${name} (no Chromium here: ${missing})`, suite);
}
