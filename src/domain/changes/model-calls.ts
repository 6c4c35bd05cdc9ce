/** Model calls of steps as small values to compare over many runs. Equal prompts and parameters share one object. */
import { hash } from 'node:crypto';
import { instructionsOf } from '../conversation/instructions.ts';
import { modelOf } from '../conversation/model-name.ts';
import { clip, nameIn } from '../conversation/text.ts';
import { canonicalJson, fieldOf, isJsonArray, isJsonObject, unwritable } from '../json.ts';
import { compareText } from '../order.ts';
import type { JsonValue, PayloadValues } from '../types.ts';
import { NO_PROMPT, sentencesOf, type Prompt } from './prompt.ts';

export interface ModelCall {
  /** Model, or null if neither inputs nor outputs name one, for example in a failed step. */
  readonly model: string | null;
  readonly prompt: Prompt;
  /** JSON values by parameter name. */
  readonly parameters: Parameters;
}

/** A call as read. */
export interface FoundCall {
  readonly model: string | null;
  readonly text: string;
  readonly given: readonly (readonly [name: string, json: string])[];
}

export type Parameters = ReadonlyMap<string, string>;

/** Parameters of OpenAI and Anthropic, except those that differ between calls, such as `seed` and `user`. */
const PARAMETERS = (
  'temperature top_p top_k max_tokens max_completion_tokens max_output_tokens frequency_penalty presence_penalty stop ' +
  'stop_sequences n logit_bias logprobs top_logprobs response_format modalities verbosity reasoning reasoning_effort ' +
  'thinking output_config tool_choice parallel_tool_calls max_tool_calls function_call truncation service_tier stream'
).split(' ');

/** Each tool is a separate parameter, so that a change names the tool. */
const TOOL_LISTS = ['tools', 'functions'];

const MAX_SENTENCES = 500;
/** Maximum length of a sentence or parameter. Longer ones are cut and followed by their hash. */
const MAX_CHARACTERS = 2000;

export function createModelCalls() {
  const sentences = new Map<string, string>();
  const prompts = new Map<string, Prompt>();
  const parameters = new Map<string, Parameters>();

  function shared(sentence: string): string {
    const known = sentences.get(sentence);
    if (known !== undefined) return known;
    const copy = copyOf(bounded(sentence));
    sentences.set(copy, copy);
    return copy;
  }

  function promptOf(text: string): Prompt {
    const all = sentencesOf(text);
    const rest = all.slice(MAX_SENTENCES).join(' ');
    return new Set([...all.slice(0, MAX_SENTENCES), ...(rest === '' ? [] : [rest])].map(shared));
  }

  return {
    /** Equal prompts and parameters share one object. */
    share: ({ model, text, given }: FoundCall): ModelCall => ({
      model,
      prompt: text === '' ? NO_PROMPT : once(prompts, text, () => promptOf(text)),
      parameters: once(parameters, JSON.stringify(given), () => new Map(given.map(([k, v]) => [k, bounded(v)]))),
    }),
  };
}

/** Returns null if no model is called or the inputs are unreadable. */
export function findCall({ inputs, outputs }: Pick<PayloadValues, 'inputs' | 'outputs'>): FoundCall | null {
  if (inputs === null || unwritable(inputs) !== null) return null;
  // The requested model counts first: a vendor may return a different model name each time.
  const model = modelOf(outputs, inputs);
  const instructions = instructionsOf(inputs);
  const isConversation = isJsonArray(fieldOf(inputs, 'messages')) || instructions.length > 0;
  if (model === null && !isConversation) return null;
  return { model, text: instructions.join('\n'), given: parametersIn(inputs) };
}

const hashOf = (text: string): string => hash('sha256', text, 'base64url');

/** Keyed by hash, since the string may be long. */
function once<T>(known: Map<string, T>, text: string, make: () => T): T {
  const key = hashOf(text);
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

const bounded = (text: string): string =>
  text.length <= MAX_CHARACTERS ? text : copyOf(`${clip(text, MAX_CHARACTERS)}… (${hashOf(text).slice(0, 8)})`);

/** A substring would keep the whole string in memory. */
const copyOf = (text: string): string => Buffer.from(text).toString();

function parametersIn(inputs: JsonValue): FoundCall['given'] {
  const single = PARAMETERS.map((name) => [name, fieldOf(inputs, name)] as const);
  // In OpenAI Responses, `text` is an object with the response's format. Elsewhere it may be the user's text.
  const text = fieldOf(inputs, 'text');
  const tools = TOOL_LISTS.flatMap((list) => {
    const listed = fieldOf(inputs, list);
    const byName = Map.groupBy(isJsonArray(listed) ? listed : [], toolName);
    return [...byName].map(([name, same]) => [`${list}.${name}`, same.length === 1 ? same[0] : same] as const);
  });
  const all = [...single, ['text', isJsonObject(text) ? text : null] as const, ...tools];
  return all.flatMap(([name, value]) => (value == null ? [] : [[name, canonicalJson(value)] as const]));
}

const toolName = (tool: JsonValue): string =>
  [tool, fieldOf(tool, 'function')].map((named) => nameIn(named, 'name')).find((name) => name !== null) ??
  nameIn(tool, 'type') ??
  '?';

/** Merges the calls of a node in one run: all models, the sentences common to all prompts, all parameter values. */
export function mergeCalls(calls: readonly ModelCall[]): ModelCall | null {
  const [first, ...others] = calls;
  if (!first || others.length === 0) return first ?? null;
  const valuesOf = (values: readonly (string | null | undefined)[]): string =>
    [...new Set(values.filter((value) => value != null))].sort(compareText).join(' | ');
  const names = [...new Set(calls.flatMap(({ parameters }) => [...parameters.keys()]))].sort(compareText);
  return {
    model: valuesOf(calls.map(({ model }) => model)) || null,
    prompt: others.every(({ prompt }) => prompt === first.prompt)
      ? first.prompt
      : new Set([...first.prompt].filter((sentence) => others.every(({ prompt }) => prompt.has(sentence)))),
    parameters: others.every(({ parameters }) => parameters === first.parameters)
      ? first.parameters
      : new Map(names.map((name) => [name, valuesOf(calls.map(({ parameters }) => parameters.get(name)))])),
  };
}
