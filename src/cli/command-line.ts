/** The command line: a command, its flags and its settings. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/config.ts';
import { overFile, readSettingsFile } from '../config/environment.ts';
import { parseFlags, UsageError } from '../config/usage.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Command =
  /** `file`: a file of settings. */
  | { readonly name: 'serve'; readonly file: string | undefined }
  | { readonly name: 'check'; readonly args: readonly string[] }
  | { readonly name: 'print-schema' }
  | { readonly name: 'version' };

const USAGE = `Usage: stepgate [--config <file>]
       stepgate check [--config <file>] [<flags>]
       stepgate print-schema

Starts the gateway. Without UPSTREAM_URL it serves a sample workflow API.

  check             try each upstream call with the settings of the gateway (stepgate check --help)
  print-schema      print the GraphQL schema

  --config <file>   settings, as lines of NAME=value; environment variables take precedence
  -h, --help
  -v, --version

docs/configuration.md lists the settings.`;

const FLAGS = { config: { type: 'string' }, version: { type: 'boolean', short: 'v' } } as const;

/** Throws UsageError. */
export function readCommandLine(argv: readonly string[]): Command {
  const [word = '', ...args] = argv;
  if (word === '' || word.startsWith('-')) {
    const { config, version } = parseFlags(argv, FLAGS, USAGE);
    return version ? { name: 'version' } : { name: 'serve', file: config };
  }
  if (word === 'check') return { name: 'check', args };
  if (word === 'print-schema') {
    parseFlags(args, {}, USAGE);
    return { name: 'print-schema' };
  }
  throw new UsageError(
    `The command must be check or print-schema, or omitted, got ${JSON.stringify(word)}.\n\n${USAGE}`,
  );
}

/** Variables of the file and of the environment, which takes precedence. Throws ConfigError. */
export function readVariables(file: string | undefined, environment: Environment): Environment {
  return file === undefined ? environment : overFile(readSettingsFile(read(file), file), environment);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`--config: ${error instanceof Error ? error.message : String(error)}`);
  }
}
