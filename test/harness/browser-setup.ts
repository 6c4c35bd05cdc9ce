/**
 * Global set-up of browser tests: also builds the page for development, and unpacks the browser once for all workers. Only
 * loading it takes half a second.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { CHROMIUM_PATH } from './browser.ts';
import setUp from './global-setup.ts';
import { PAGE_FOLDER } from './page-folder.ts';

export default async function setUpBrowser(): Promise<void> {
  setUp();
  execFileSync(process.execPath, ['tools/build/build-page.ts', '--development'], { stdio: 'inherit' });
  process.env[PAGE_FOLDER] = join(import.meta.dirname, '../../dist/page-development');
  process.env[CHROMIUM_PATH] = await chromium.executablePath().catch(() => '');
}
