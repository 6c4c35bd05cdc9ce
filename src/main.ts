/** The process: reads its configuration, starts the gateway, and stops it when it is told to. `check` checks the upstream. */
import { text } from 'node:stream/consumers';
import closeWithGrace from 'close-with-grace';
import { runCheck } from './check/run-check.ts';
import { ConfigError, readConfig, type Config } from './config/config.ts';
import { createGateway, createLoggerFor } from './gateway.ts';

/** For how long a proxy may send requests over the connections that it keeps. */
const LINGER_MS = 1000;
/** A little longer than that and the time that the requests under way are given. */
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

async function serve(): Promise<void> {
  const config = configOrStop();
  const logger = createLoggerFor(config);
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
    await gateway.close(LINGER_MS);
  });
}

async function check(args: readonly string[]): Promise<number> {
  const { env: environment, stdin, stdout, stderr } = process;
  return runCheck({
    config: configOrStop(),
    args,
    environment,
    readStdin: () => text(stdin),
    write: (report) => void stdout.write(report),
    writeError: (sentence) => void stderr.write(sentence),
  });
}

const [command, ...args] = process.argv.slice(2);
if (command === 'check') process.exitCode = await check(args);
else if (command === undefined) await serve();
else stopWith(`Stepgate: expected no command, or check; got ${JSON.stringify(command)}.`);
