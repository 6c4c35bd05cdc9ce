/** Resolved from this folder, whose package.json has Playwright. */
export { chromium } from 'playwright-core';
export type { Browser, BrowserContext, Locator, Page, Request, Route } from 'playwright-core';
