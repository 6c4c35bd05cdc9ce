/** What `stepgate check` is asked for: flags, and the key from the environment or standard input, never from a flag. */
import { validateHeaderValue } from 'node:http';
import type { Config } from '../config/config.ts';
import { parseFlags, UsageError } from '../config/usage.ts';
import { isJsonObject, unwritable } from '../domain/json.ts';
import { parseExactJson } from '../domain/long-integers.ts';
import type { JsonObject, JsonValue } from '../domain/types.ts';

export interface CheckOptions {
  readonly key: string;
  /** Null: found through the lists. */
  readonly workflowId: string | null;
  readonly runId: string | null;
  /** The inputs of a run to start; null: none is started. */
  readonly inputs: JsonObject | null;
}

const USAGE = `Usage: stepgate check [--config <file>] [--workflow <id>] [--run <id>] [--execute [--inputs <JSON>]] [--key-stdin]

Tries each call of the upstream with the settings of the gateway, and says what works, what deviates from the contract, and
what to set.

  --config <file>   settings of the gateway, as lines of NAME=value; the environment wins
  --workflow <id>   the workflow to ask for (else the first of the list that has runs)
  --run <id>        the run to ask for, a finished one (else the first finished one of the history)
  --execute         start a run of the workflow, too
  --inputs <JSON>   its inputs: a JSON object (else {})
  --key-stdin       read the key from standard input

The key is STEPGATE_CHECK_KEY, or UPSTREAM_API_KEY with UPSTREAM_AUTH=service. It is no flag: lists of processes show those.`;

const FLAGS = {
  config: { type: 'string' },
  workflow: { type: 'string' },
  run: { type: 'string' },
  execute: { type: 'boolean' },
  inputs: { type: 'string' },
  'key-stdin': { type: 'boolean' },
} as const;

/** Throws UsageError. */
export async function readCheckOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readStdin: () => Promise<string>,
  configWith: (file: string | undefined) => Config,
): Promise<{ readonly config: Config; readonly options: CheckOptions }> {
  const flags = parseFlags(args, FLAGS, USAGE);
  if (flags.inputs !== undefined && !flags.execute) throw new UsageError(`--inputs needs --execute.\n\n${USAGE}`);
  if (flags.run !== undefined && flags.workflow === undefined) {
    throw new UsageError(`--run needs --workflow: a run is asked for by both.\n\n${USAGE}`);
  }
  const config = configWith(flags.config);
  const ownKey = config.auth.mode === 'service' ? config.auth.apiKey : undefined;
  const sampleKey = config.upstreamUrl === null ? 'demo-key' : undefined;
  const fromStdin = flags['key-stdin'] ? (await readStdin()).trim() : undefined;
  // Another key in its place would be checked, and called good.
  if (fromStdin === '') throw new UsageError('--key-stdin: expected a key on standard input; it is empty.');
  const named = fromStdin ?? (environment.STEPGATE_CHECK_KEY ?? '').trim();
  if (!isHeaderValue(named)) {
    const name = fromStdin === undefined ? 'STEPGATE_CHECK_KEY' : '--key-stdin';
    throw new UsageError(
      `${name}: expected one key; it has a character that no header may have, such as a line break.`,
    );
  }
  const key = named === '' ? (ownKey ?? sampleKey) : named;
  if (key === undefined) {
    throw new UsageError(
      'STEPGATE_CHECK_KEY: expected a key of the upstream; it is not set. Set it, or use --key-stdin.',
    );
  }
  const options = {
    key,
    workflowId: flags.workflow ?? null,
    runId: flags.run ?? null,
    inputs: flags.execute ? readInputs(flags.inputs ?? '{}') : null,
  };
  return { config, options };
}

function isHeaderValue(value: string): boolean {
  try {
    validateHeaderValue('authorization', value);
    return true;
  } catch {
    return false;
  }
}

function readInputs(text: string): JsonObject {
  try {
    const inputs = parseExactJson(text) as JsonValue;
    if (isJsonObject(inputs) && unwritable(inputs) === null) return inputs;
  } catch {
    // Said below.
  }
  throw new UsageError('--inputs: expected a JSON object such as {"subject": "Refund?"}, got something else.');
}
