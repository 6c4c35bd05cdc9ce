/** Options of `stepgate check`: flags, and the key from the environment or standard input, never from a flag. */
import type { Config } from '../config/config.ts';
import { parseFlags, UsageError } from '../config/usage.ts';
import { isJsonObject, unwritable } from '../domain/json.ts';
import { parseExactJson } from '../domain/long-integers.ts';
import type { JsonObject, JsonValue } from '../domain/types.ts';

export interface CheckOptions {
  readonly key: string;
  /** Id, or null to choose from the upstream's lists. */
  readonly workflowId: string | null;
  readonly runId: string | null;
  /** Inputs of the run to start, or null to start none. */
  readonly inputs: JsonObject | null;
  /** Answer to the run's first waiting step, or undefined to answer none. */
  readonly answer?: JsonValue | undefined;
}

const USAGE = `Usage: stepgate check [--config <file>] [--workflow <id>] [--run <id>] [--execute [--inputs <JSON>] [--answer <JSON>]] [--key-stdin]

Tries each upstream call with the settings of the gateway. Reports which calls work, which deviate from the contract, and
which setting to change.

  --config <file>   settings of the gateway, as lines of NAME=value; the environment takes precedence
  --workflow <id>   workflow to read (default: the first one with runs)
  --run <id>        run to read, best a finished one (default: the first finished run of the workflow)
  --execute         also start a run of the workflow; it is cancelled if the upstream offers cancel
  --inputs <JSON>   inputs of this run: a JSON object (default: {})
  --answer <JSON>   answer to the first step of this run that waits, if the upstream offers resume
  --key-stdin       read the key from standard input

The key is STEPGATE_CHECK_KEY, or UPSTREAM_API_KEY with UPSTREAM_AUTH=service. There is no flag for it: lists of
processes show flags.`;

const FLAGS = {
  config: { type: 'string' },
  workflow: { type: 'string' },
  run: { type: 'string' },
  execute: { type: 'boolean' },
  inputs: { type: 'string' },
  answer: { type: 'string' },
  'key-stdin': { type: 'boolean' },
} as const;

/** Visible ASCII, like every credential; empty without a key. */
const KEY = /^[\x21-\x7e]*$/;

/** Throws UsageError. */
export async function readCheckOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readStdin: () => Promise<string>,
  configWith: (file: string | undefined) => Config,
): Promise<{ readonly config: Config; readonly options: CheckOptions }> {
  const flags = parseFlags(args, FLAGS, USAGE);
  for (const flag of ['inputs', 'answer'] as const) {
    if (flags[flag] !== undefined && !flags.execute)
      throw new UsageError(`--execute is required when --${flag} is set.\n\n${USAGE}`);
  }
  if (flags.run !== undefined && flags.workflow === undefined) {
    throw new UsageError(`--workflow is required when --run is set.\n\n${USAGE}`);
  }
  const config = configWith(flags.config);
  const ownKey = config.auth.mode === 'service' ? config.auth.apiKey : undefined;
  const sampleKey = config.upstreamUrl === null ? 'demo-key' : undefined;
  const fromStdin = flags['key-stdin'] ? (await readStdin()).trim() : undefined;
  // Otherwise, another key would be tried and reported as working.
  if (fromStdin === '') throw new UsageError('Standard input must contain a key when --key-stdin is set, got nothing.');
  const named = fromStdin ?? (environment.STEPGATE_CHECK_KEY ?? '').trim();
  if (!KEY.test(named)) {
    const name = fromStdin === undefined ? 'STEPGATE_CHECK_KEY' : 'Standard input';
    throw new UsageError(`${name} must be one key, got a character that no key has, such as a line break or a space.`);
  }
  const key = named === '' ? (ownKey ?? sampleKey) : named;
  if (key === undefined) {
    throw new UsageError('STEPGATE_CHECK_KEY must be a key of the upstream, got nothing. Set it, or use --key-stdin.');
  }
  const options = {
    key,
    workflowId: flags.workflow ?? null,
    runId: flags.run ?? null,
    inputs: flags.execute ? readInputs(flags.inputs ?? '{}') : null,
    answer: flags.answer === undefined ? undefined : readAnswer(flags.answer),
  };
  return { config, options };
}

function readInputs(text: string): JsonObject {
  try {
    const inputs = parseExactJson(text) as JsonValue;
    if (isJsonObject(inputs) && unwritable(inputs) === null) return inputs;
  } catch {
    // Reported below.
  }
  throw new UsageError('--inputs must be a JSON object such as {"subject": "Refund?"}, got something else.');
}

function readAnswer(text: string): JsonValue {
  try {
    const answer = parseExactJson(text) as JsonValue;
    if (unwritable(answer) === null) return answer;
  } catch {
    // Reported below.
  }
  throw new UsageError('--answer must be JSON such as {"approved": true}, got something else.');
}
