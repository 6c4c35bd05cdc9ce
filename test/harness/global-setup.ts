/** Once for all workers: the run page is built if it is stale. */
import { createPageSource } from '../../src/http/page/page-build.ts';
import { createLogger } from '../../src/observability/logger.ts';

export default async function setUp(): Promise<void> {
  await createPageSource({ isBuilder: true, logger: createLogger('silent') }).load();
}
