/**
 * The runs of the fixture. An id describes its run, so that each id answers without a setup: `finished.20x1200.7` has 20 steps with
 * 1,200 bytes of outputs each. `running.…` is in progress, `dense.…` has outputs of many small values, `keyed.…` of many keys,
 * `prompted.…` has a unique system prompt of that many bytes in each step. All steps of `overlapping.…` failed with equal inputs,
 * each before another ended; `repeating.…` is the same in progress.
 */

const STATES = ['finished', 'running', 'failed', 'dense', 'keyed', 'prompted', 'overlapping', 'repeating'] as const;

export interface RunShape {
  readonly state: (typeof STATES)[number];
  readonly steps: number;
  readonly outputBytes: number;
}

export const WORKFLOW_ID = 'bench';
/** The run of PERFORMANCE.md: 20 steps, about 40 KB. */
export const ORDINARY: RunShape = { state: 'finished', steps: 20, outputBytes: 1200 };
export const INPUT_BYTES = 300;

export const runIdOf = ({ state, steps, outputBytes }: RunShape, name: string | number): string =>
  `${state}.${steps}x${outputBytes}.${name}`;

/** Prefix of ids of missing runs, and the header of a rejected key. */
export const MISSING_RUN = 'missing.';
export const REFUSED_KEY = 'Bearer refused-';

const SHAPE = new RegExp(`^(${STATES.join('|')})\\.(\\d{1,5})x(\\d{1,8})\\.`);

/** Returns null for an id that describes no run. */
export function shapeOf(runId: string): RunShape | null {
  const match = SHAPE.exec(runId);
  if (!match) return null;
  const [, state, steps, outputBytes] = match;
  return { state: state as RunShape['state'], steps: Number(steps), outputBytes: Number(outputBytes) };
}

export const isLive = ({ state }: RunShape): boolean => state === 'running' || state === 'repeating';

/** Finished runs are long past, so that each gateway treats them as final. */
const FINISHED_START_MS = Date.UTC(2025, 2, 13, 2, 41);
/** In runs with enough steps this step failed, and the next one is its second attempt. */
const FAILED_INDEX = 6;

/** The upstream's response to call 1 without the run's id, which belongs between `head` and `tail`. */
export interface Template {
  readonly head: Buffer;
  readonly tail: Buffer;
}

export const ID_MARK = '@@run-id@@';
const LARGE_MARK = '@@large@@';

/** `version` changes in a running run, as the `elapsed_time` of the running step, and tells prompts apart. */
export function templateOf(shape: RunShape, version: number): Template {
  const isOverlapping = shape.state === 'overlapping' || shape.state === 'repeating';
  const stepOf = isOverlapping ? overlappingStep : wireStep;
  const steps = Array.from({ length: shape.steps }, (_, index) => stepOf(shape, index, version));
  // As parsed values they would take a gigabyte.
  const large = shape.state === 'keyed' ? keyedOutputs : denseOutputs;
  const json = JSON.stringify(steps).replaceAll(JSON.stringify(LARGE_MARK), () => large(shape.outputBytes));
  const [head = '', tail = ''] = json.split(ID_MARK);
  return { head: Buffer.from(head), tail: Buffer.from(tail) };
}

const startedMs = Date.now();

function wireStep({ state, steps, outputBytes }: RunShape, index: number, version: number): object {
  const isRunning = state === 'running' && index === steps - 1;
  const isRetried = steps > FAILED_INDEX + 1 && index === FAILED_INDEX;
  const isFailed = isRetried || (state === 'failed' && index === steps - 1);
  const startMs = (state === 'running' ? startedMs - steps * 2500 : FINISHED_START_MS) + index * 2500;
  return {
    // The id is only in the first step: the rest are ready bytes for any run.
    id: index === 0 ? `${ID_MARK}-0` : `step-${index}`,
    user_id: 'user-1',
    organization_id: 'organization-1',
    node_id: `model_${index === FAILED_INDEX + 1 ? FAILED_INDEX : index}`,
    status: isRunning ? 'running' : isFailed ? 'failed' : 'completed',
    start_time: microseconds(startMs),
    end_time: isRunning ? null : microseconds(startMs + 2237),
    elapsed_time: isRunning ? version : 2,
    error: isFailed ? 'the model did not answer in time' : null,
    outputs: state === 'dense' || state === 'keyed' ? LARGE_MARK : outputsOf(state === 'prompted' ? 60 : outputBytes),
    inputs: {
      model: 'auto',
      messages: [
        ...(state === 'prompted' ? [{ role: 'system', content: promptOf(outputBytes, version) }] : []),
        { role: 'user', content: 'q'.repeat(INPUT_BYTES - 64) },
      ],
    },
    step_metadata: null,
    tokens: 0,
  };
}

const OVERLAPPING_MS = 86_400_000;

/** Fails long after the last one has started. */
function overlappingStep(shape: RunShape, index: number, version: number): object {
  const isRunning = isLive(shape) && index === shape.steps - 1;
  const startMs = (isLive(shape) ? startedMs - 2 * OVERLAPPING_MS : FINISHED_START_MS) + index;
  return {
    id: index === 0 ? `${ID_MARK}-0` : `step-${index}`,
    node_id: 'model_0',
    status: isRunning ? 'running' : 'failed',
    start_time: microseconds(startMs),
    end_time: isRunning ? null : microseconds(startMs + OVERLAPPING_MS),
    elapsed_time: isRunning ? version : 86_400,
    error: null,
    outputs: null,
    inputs: { item: 1 },
  };
}

const promptOf = (bytes: number, version: number): string =>
  Array.from({ length: Math.floor(bytes / 20) }, (_, sentence) => `Obey rule ${version}.${sentence}.`).join('\n');

/** A chat completion, padded to the size in its content. */
function outputsOf(bytes: number): object {
  const outputs = (content: string) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_741_833_675,
    model: 'auto',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 120, completion_tokens: 240, total_tokens: 360 },
  });
  const frame = JSON.stringify(outputs('')).length;
  if (bytes < frame) return { text: 'x'.repeat(Math.max(0, bytes - '{"text":""}'.length)) };
  return outputs('The quick brown fox. '.repeat(Math.ceil(bytes / 21)).slice(0, bytes - frame));
}

/** `"k123456":7,` */
const BYTES_OF_KEY = 12;

const keyedOutputs = (bytes: number): string =>
  `{${Array.from({ length: Math.floor(bytes / BYTES_OF_KEY) }, (_, index) => `"k${index}":${index % 10}`).join()}}`;

const denseOutputs = (bytes: number): string => `{"items":[${'{},'.repeat(Math.floor(bytes / 3) - 5)}{}]}`;

const microseconds = (epochMs: number): string => new Date(epochMs).toISOString().replace('Z', '470Z');
