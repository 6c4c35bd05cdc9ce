/** A real Chromium from the npm registry; null with a reason if it cannot start. */
import {
  chromium,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  type Request,
} from '../peers/playwright.ts';
import { CHROMIUM_PATH } from './set-up-variables.ts';

export type { Locator, Page } from '../peers/playwright.ts';

/** The package's default arguments disable what these tests check: the content security policy and the same origin. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

export type Opened =
  { readonly browser: Browser; readonly missing: null } | { readonly browser: null; readonly missing: string };

/** In CI a browser that cannot start is a failure, not a reason to skip. */
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
  /** Uncaught errors, violated policies, and what the page or a library reports as an error or a warning. */
  readonly complaints: string[];
}

export interface PageOptions {
  /** The stored key. Without it the page asks for one, unless the upstream is the embedded one. */
  readonly key?: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Such as `Europe/Berlin`; default: the machine's. */
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
    // The browser also reports failed requests; tests check how the page shows these.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  return { context, page, complaints };
}

/**
 * Resolves when an expression is true in the page. Playwright's `waitForFunction` would evaluate a string in the page,
 * which its policy forbids.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await page.waitForTimeout(20);
}

/** Opens another address like a link of the page; a load would take several times as long. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
}

/** Hides or shows the tab, as the browser does. */
export const setHidden = (page: Page, hidden: boolean): Promise<unknown> =>
  page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${String(hidden)}, configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`,
  );

/** Advances the page's clock, which the test has installed, until the element exists. */
export async function advanceUntil(page: Page, locator: Locator): Promise<void> {
  while ((await locator.count()) === 0) await page.clock.runFor(1000);
}

export const isLive = (page: Page): Promise<void> => page.getByText('Live', { exact: true }).waitFor();
export const isFinal = (page: Page): Promise<void> => page.getByText('Final', { exact: true }).waitFor();

/** Resolves when the page closes a live connection. */
export const closesStream = (page: Page): Promise<Request> =>
  page.waitForEvent('requestfailed', (request) => request.url().endsWith('/graphql/stream'));

/** The name of the GraphQL operation in a request of the page. */
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

/** Enters the inputs of a run after the inputs of the latest run have loaded, which would otherwise replace them. */
export async function fillInputs(page: Page, inputs: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /Inputs/ });
  await field.waitFor();
  await untilTrue(page, `document.querySelector('.run-form textarea').value.includes('question')`);
  await field.fill(inputs);
}
