/** A real Chromium, from the npm registry alone; null with a reason where it cannot start. */
import { chromium, type Browser, type BrowserContext, type Locator, type Page, type Request } from 'playwright-core';

export type { Locator, Page } from 'playwright-core';

/** By the global set-up, which unpacks it once for all workers. */
export const CHROMIUM_PATH = 'STEPGATE_TEST_CHROMIUM';

/** Its own default arguments switch off what is to be tested here: the policy and the same origin. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

export type Opened =
  { readonly browser: Browser; readonly missing: null } | { readonly browser: null; readonly missing: string };

/** In CI a browser that cannot start is a failure, and not a reason to skip. */
export async function openBrowser(): Promise<Opened> {
  try {
    const executablePath = process.env[CHROMIUM_PATH];
    if (executablePath === undefined || executablePath === '') throw new Error('Chromium could not be unpacked');
    return { browser: await chromium.launch({ executablePath, args: ARGUMENTS }), missing: null };
  } catch (error) {
    if (process.env.CI !== undefined) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const missing = /error while loading shared libraries: ([^:]+)/.exec(text)?.[1];
    return { browser: null, missing: missing === undefined ? text.slice(0, 200) : `${missing} is not installed` };
  }
}

export interface OpenPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page complained of: errors that nobody caught, and policies that were violated. */
  readonly complaints: string[];
}

export interface PageOptions {
  /** What was entered before; the page asks for one if left out, unless the upstream is the embedded one. */
  readonly key?: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Such as `Europe/Berlin`; the machine's if left out. */
  readonly timeZone?: string;
}

export async function openPage(browser: Browser, options: PageOptions = {}): Promise<OpenPage> {
  const { theme = 'light', width = 1280, height = 900, key, timeZone } = options;
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height },
    ...(timeZone !== undefined && { timezoneId: timeZone }),
  });
  if (key !== undefined) await context.addInitScript(`sessionStorage.setItem('stepgate.key', ${JSON.stringify(key)})`);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A request that is refused is told so by the browser too; the page's own answer to that is what is tested.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  return { context, page, complaints };
}

/** Resolves when an expression is true in the page. Playwright's `waitForFunction` would evaluate a text in the page, whose policy forbids that. */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await page.waitForTimeout(20);
}

/** Opens another address as a link of the page does. A load would take several times as long. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
}

/** Hides or shows the tab as the browser does. */
export const setHidden = (page: Page, hidden: boolean): Promise<unknown> =>
  page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${String(hidden)}, configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`,
  );

/** Puts the page's own clock forward, which the test has installed, until something shows. */
export async function advanceUntil(page: Page, locator: Locator): Promise<void> {
  while ((await locator.count()) === 0) await page.clock.runFor(1000);
}

/** The name of the GraphQL operation that a request of the page sends. */
export const operationOf = (request: Request): string | undefined =>
  /"operationName":"(\w+)"/.exec(request.postData() ?? '')?.[1];

/** Counts the requests from now on: the result is up to date with what the page has sent. */
export function countRequests(page: Page): () => Promise<number> {
  let count = 0;
  page.on('request', () => (count += 1));
  return async () => {
    await page.evaluate('fetch("/")');
    return (count -= 1);
  };
}

/** Types the inputs of a run, once those of the latest are there: they would come between the marking of the text and its end. */
export async function fillInputs(page: Page, inputs: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /Inputs/ });
  await field.waitFor();
  await untilTrue(page, `document.querySelector('.run-form textarea').value.includes('question')`);
  await field.fill(inputs);
}
