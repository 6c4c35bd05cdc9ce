/**
 * Global set-up of browser tests: also unpacks the browser once for all workers. Only loading it takes half a second.
 */
import chromium from '@sparticuz/chromium';
import { CHROMIUM_PATH } from './browser.ts';
import setUp from './global-setup.ts';

export default async function setUpBrowser(): Promise<void> {
  setUp();
  process.env[CHROMIUM_PATH] = await chromium.executablePath().catch(() => '');
}
