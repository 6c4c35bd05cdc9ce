/** The process: reads its configuration, starts the gateway, and stops it when it is told to. */
import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import { compactHeap } from './compact-heap.ts';
import { ConfigError, readConfig, type Config } from './config/config.ts';
import { createGateway } from './gateway.ts';
import { createLogger } from './observability/logger.ts';

// V8 watches where objects are made that outlive a collection, and soon makes them in old space at once. While runs are
// fetched that goes for all that an operation is made of; once runs are cached, operations are over in no time, but what V8
// has learned keeps each with its request until the next full collection: 4 KB a request, and a sixth of the time.
setFlagsFromString('--no-allocation-site-pretenuring');
// The heap may grow by as much as it holds before it is collected in full, and not by several times that: what is cached is
// most of it, and CACHE_MAX_BYTES should say what that takes.
setFlagsFromString('--heap-growing-percent=100');

/** A little longer than the gateway gives the requests under way. */
const STOP_WITHIN_MS = 12_000;

function stopWith(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function configOrStop(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) stopWith(`Stepgate can't start with this configuration.\n${error.message}`);
    throw error;
  }
}

const config = configOrStop();
const logger = createLogger(config.logLevel);
const gateway = await createGateway(config, { logger }).catch((error: unknown) =>
  stopWith(`Stepgate can't start: ${error instanceof Error ? error.message : String(error)}`),
);
compactHeap();

logger.info({ url: gateway.url, upstream: config.upstreamUrl ?? 'embedded' }, 'Stepgate is listening');
if (!config.isProduction) {
  process.stdout.write(`\n  Workflows and their runs:   ${gateway.url}/`);
  process.stdout.write(`\n  GraphQL and Apollo Sandbox: ${gateway.url}/graphql\n`);
  if (config.upstreamUrl === null && config.auth.mode === 'passthrough')
    process.stdout.write('  Over the embedded upstream; its key is demo-key\n');
  process.stdout.write('\n');
}

// What goes wrong with it is logged, and said to whoever asks for the page; the gateway's own answers do not need it.
void gateway.preparePage().catch(() => undefined);

closeWithGrace({ delay: STOP_WITHIN_MS, logger }, async ({ err, signal }) => {
  if (err) logger.fatal({ err }, 'stopping after an error that nobody caught');
  else logger.info({ signal }, 'stopping');
  await gateway.close();
});
