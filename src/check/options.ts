/** What `stepgate check` is asked for: flags, and the key from the environment or standard input, never from a flag. */
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import type { JsonObject } from '../domain/types.ts';

export interface CheckOptions {
  readonly key: string;
  /** Null: found through the lists. */
  readonly workflowId: string | null;
  readonly runId: string | null;
  /** The inputs of a run to start; null: none is started. */
  readonly inputs: JsonObject | null;
}

/** Shown in place of a check. `isError` is false for `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly isError: boolean;

  constructor(message: string, isError = true) {
    super(message);
    this.isError = isError;
  }
}

const USAGE = `Usage: stepgate check [--workflow <id>] [--run <id>] [--execute [--inputs <JSON>]] [--key-stdin]

Tries each call of the upstream with the settings of the gateway, and says what works, what deviates from the contract, and
what to set.

  --workflow <id>   the workflow to ask for (else the first of the list that has runs)
  --run <id>        the run to ask for, a finished one (else the first finished one of the history)
  --execute         start a run of the workflow, too
  --inputs <JSON>   its inputs: a JSON object (else {})
  --key-stdin       read the key from standard input

The key is STEPGATE_CHECK_KEY, or UPSTREAM_API_KEY with UPSTREAM_AUTH=service. It is no flag: lists of processes show those.`;

const FLAGS = {
  workflow: { type: 'string' },
  run: { type: 'string' },
  execute: { type: 'boolean' },
  inputs: { type: 'string' },
  'key-stdin': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Throws UsageError. */
export async function readCheckOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readStdin: () => Promise<string>,
  config: Config,
): Promise<CheckOptions> {
  const flags = parseFlags(args);
  if (flags.help) throw new UsageError(USAGE, false);
  if (flags.inputs !== undefined && !flags.execute) throw new UsageError(`--inputs needs --execute.\n\n${USAGE}`);
  if (flags.run !== undefined && flags.workflow === undefined) {
    throw new UsageError(`--run needs --workflow: a run is asked for by both.\n\n${USAGE}`);
  }
  const ownKey = config.auth.mode === 'service' ? config.auth.apiKey : undefined;
  const sampleKey = config.upstreamUrl === null ? 'demo-key' : undefined;
  const named = flags['key-stdin'] ? await readStdin() : (environment.STEPGATE_CHECK_KEY ?? '');
  const key = named.trim() === '' ? (ownKey ?? sampleKey) : named.trim();
  if (key === undefined) {
    throw new UsageError(
      'STEPGATE_CHECK_KEY: expected a key of the upstream; it is not set. Set it, or use --key-stdin.',
    );
  }
  return {
    key,
    workflowId: flags.workflow ?? null,
    runId: flags.run ?? null,
    inputs: flags.execute ? readInputs(flags.inputs ?? '{}') : null,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function readInputs(text: string): JsonObject {
  try {
    const inputs = JSON.parse(text) as JsonObject | null;
    if (typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs)) return inputs;
  } catch {
    // Said below.
  }
  throw new UsageError('--inputs: expected a JSON object such as {"subject": "Refund?"}, got something else.');
}
