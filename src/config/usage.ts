/** Command-line flags. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** Text to print instead of running a command. `isError` is false for `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly isError: boolean;

  constructor(message: string, isError = true) {
    super(message);
    this.isError = isError;
  }
}

/** Throws UsageError for `--help`, unknown flags and extra arguments. */
export function parseFlags<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  usage: string,
) {
  const values = parse(args, { ...options, help: { type: 'boolean', short: 'h' } }, usage);
  if (Object.hasOwn(values, 'help')) throw new UsageError(usage, false);
  return values;
}

function parse<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options, usage: string) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
