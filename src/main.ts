/** The process: reads the command line, runs the command, and reports errors. */
import { text } from 'node:stream/consumers';
import { readCommandLine, readVariables } from './cli/command-line.ts';
import { ConfigError, readConfig } from './config/config.ts';
import { UsageError } from './config/usage.ts';
import { readVersion } from './config/package-file.ts';
import { readContract } from './graphql/contract.ts';

const { env: environment, ppid, stdin, stdout, stderr } = process;
const write = (text: string) => void stdout.write(text);
const configWith = (file: string | undefined) => readConfig(readVariables(file, environment));

// Without a listener, a closed pipe (EPIPE) ends the process.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined);

async function run(argv: readonly string[]): Promise<void> {
  const command = readCommandLine(argv);
  switch (command.name) {
    // Each command loads only its own modules: `--help` must not wait for a gateway.
    case 'serve': {
      const variables = readVariables(command.file, environment);
      const config = readConfig(variables);
      const { serve } = await import('./cli/serve.ts');
      await serve(config, variables, write, environment.npm_lifecycle_event === 'start' ? ppid : null);
      break;
    }
    case 'check': {
      const { runCheck } = await import('./check/run-check.ts');
      const { args } = command;
      process.exitCode = await runCheck({ configWith, args, environment, readStdin: () => text(stdin), write });
      break;
    }
    case 'print-schema':
      write(readContract());
      break;
    case 'version':
      write(`${readVersion()}\n`);
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError && !error.isError) {
    write(`${error.message}\n`);
  } else {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError) stderr.write(`${reason}\n`);
    else if (error instanceof ConfigError) stderr.write(`Stepgate can't start with this configuration.\n${reason}\n`);
    else stderr.write(`Stepgate can't start: ${reason}\n`);
    process.exit(1);
  }
}
