/** Starts the gateway, reports its address, and stops it on a signal. */
import closeWithGrace from 'close-with-grace';
import type { Config } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled.ts';
import { composeGateway } from '../gateway.ts';
import { createLogger, flushed } from '../observability/logger.ts';
import type { Environment } from './command-line.ts';
import { startTracing } from './tracing.ts';

/** How long a proxy may still send requests over its open connections. */
const LINGER_MS = 1000;
/** More than the timeouts of a shutdown together: LINGER_MS, live clients, requests in progress, the last spans. */
const STOP_WITHIN_MS = 16_000;
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const PARENT_CHECK_MS = 500;

/** `shellId` is the process id of npm's shell, or of npm itself, if npm runs this as a script; otherwise null. */
export async function serve(
  config: Config,
  variables: Environment,
  write: (text: string) => void,
  shellId: number | null,
): Promise<void> {
  const logger = createLogger(config);
  for (const { name, meant } of misspelledVariables(Object.keys(variables))) {
    logger.warn({ name, meant }, `unknown setting ${name}: did you mean ${meant}?`);
  }
  const stopTracing = await startTracing(variables, logger);
  const gateway = await composeGateway(config, { logger, isShowcase: true });

  const options = { delay: STOP_WITHIN_MS, logger, skip: [...STOP_SIGNALS] };
  let isStopping = false;
  const { close } = closeWithGrace(options, async ({ err }) => {
    isStopping = true;
    if (err) logger.fatal({ err }, 'stopping after an uncaught error');
    await gateway.close(LINGER_MS);
    await stopTracing();
    await flushed(logger);
  });
  // npm and the terminal both send the signal, so it may arrive twice, and close-with-grace would then exit at once.
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    logger.info({ signal }, 'stopping');
    close();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);

  logger.info(
    { url: gateway.url, opsUrl: gateway.opsUrl ?? undefined, upstream: config.upstreamUrl ?? 'embedded' },
    'Stepgate is listening',
  );
  if (!config.isProduction || config.upstreamUrl === null) {
    write(`\n  Workflows and their runs:   ${gateway.url}/`);
    write(`\n  GraphQL${config.sandbox ? ' and Apollo Sandbox:' : ':                   '} ${gateway.url}/graphql\n`);
    if (config.upstreamUrl === null && config.auth.mode === 'passthrough')
      write('  Sample data of the embedded upstream; its key is demo-key\n');
    write('\n');
  }
  // Scripts wait for this line, which would otherwise stay in the buffer for half a second.
  void flushed(logger);

  if (shellId === null) return;
  // npm signals only its shell, which exits without forwarding the signal, and this process gets another parent.
  setInterval(() => {
    if (process.ppid !== shellId) stop('SIGHUP');
  }, PARENT_CHECK_MS).unref();
}
