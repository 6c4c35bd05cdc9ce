/** The process: reads its configuration, starts the gateway, and stops it when it is told to. */
import closeWithGrace from 'close-with-grace';
import { ConfigError, readConfig, type Config } from './config/config.ts';
import { createGateway } from './gateway.ts';
import { createLogger } from './observability/logger.ts';

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

logger.info({ url: gateway.url, upstream: config.upstreamUrl ?? 'embedded' }, 'Stepgate is listening');
if (!config.isProduction) {
  // Only these lines use process.stdout; without a listener a closed one (EPIPE) ends the process.
  process.stdout.on('error', () => undefined);
  process.stdout.write(`\n  Workflows and their runs:   ${gateway.url}/`);
  process.stdout.write(
    `\n  GraphQL${config.sandbox ? ' and Apollo Sandbox:' : ':                   '} ${gateway.url}/graphql\n`,
  );
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
