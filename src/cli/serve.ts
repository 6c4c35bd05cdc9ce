/** Starts the gateway, says where it is, and stops it when the process is told to. */
import closeWithGrace from 'close-with-grace';
import type { Config } from '../config/config.ts';
import { createGateway, createLoggerFor } from '../gateway.ts';

/** For how long a proxy may send requests over the connections that it keeps. */
const LINGER_MS = 1000;
/** Longer than that, and what live clients, the requests under way and the last spans are given: one after another. */
const STOP_WITHIN_MS = 16_000;

export async function serve(config: Config, write: (text: string) => void): Promise<void> {
  const logger = createLoggerFor(config);
  const gateway = await createGateway(config, { logger });

  logger.info({ url: gateway.url, upstream: config.upstreamUrl ?? 'embedded' }, 'Stepgate is listening');
  if (!config.isProduction) {
    write(`\n  Workflows and their runs:   ${gateway.url}/`);
    write(`\n  GraphQL${config.sandbox ? ' and Apollo Sandbox:' : ':                   '} ${gateway.url}/graphql\n`);
    if (config.upstreamUrl === null && config.auth.mode === 'passthrough')
      write('  Over the embedded upstream; its key is demo-key\n');
    write('\n');
  }

  // What goes wrong with it is logged, and said to whoever asks for the page; the gateway's own answers do not need it.
  void gateway.preparePage().catch(() => undefined);

  closeWithGrace({ delay: STOP_WITHIN_MS, logger }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'stopping after an error that nobody caught');
    else logger.info({ signal }, 'stopping');
    await gateway.close(LINGER_MS);
  });
}
