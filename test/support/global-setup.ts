/** Once for all workers: the run page is built if it is stale, and the browser unpacked. */
import chromium from '@sparticuz/chromium';
import { createPageSource } from '../../src/http/page/page-build.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { CHROMIUM_PATH } from './browser.ts';

export default async function setUp(): Promise<void> {
  await createPageSource({ isBuilder: true, logger: createLogger('silent') }).load();
  process.env[CHROMIUM_PATH] = await chromium.executablePath().catch(() => '');
}
