/** A model's request and response, independent of an API. */
import type { JsonObject, ModelNode } from '../definition.ts';
import { createRandom } from '../random.ts';

export interface ModelCall {
  readonly node: ModelNode;
  /** Only the beginning of the run's inputs, which may be as long as a request's body. */
  readonly question: string;
  readonly runInputs: JsonObject;
}

export interface ModelAnswer extends ModelCall {
  readonly text: string;
  /** Whether the step failed although the model answered. */
  readonly isOfNoUse: boolean;
  readonly id: string;
  readonly createdSeconds: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** The format of one API. */
export interface ModelApi {
  asked(call: ModelCall): JsonObject;
  answered(answer: ModelAnswer): JsonObject;
  /** Path of the answer's text, for the graph. */
  readonly textPath: string;
}

export interface ModelStep {
  readonly id: string;
  readonly startMicros: number;
  readonly error: string | null;
}

export const modelCall = (node: ModelNode, runInputs: JsonObject): ModelCall => ({
  node,
  runInputs,
  question: JSON.stringify(runInputs).slice(0, 2000),
});

export const replyOf = (node: ModelNode, step: Pick<ModelStep, 'id'>, runInputs: JsonObject): string =>
  node.reply(createRandom(step.id, 'reply'), runInputs);

export function modelAnswer(node: ModelNode, step: ModelStep, runInputs: JsonObject): ModelAnswer {
  const call = modelCall(node, runInputs);
  const random = createRandom(step.id);
  // Equal prompts have equal lengths, in retries and across runs.
  const inputTokens = createRandom(node.id, call.question).integer(...node.promptTokens);
  const outputTokens = random.integer(...node.completionTokens);
  const cachedTokens = random.chance(0.4) ? Math.floor(inputTokens / 128 / 2) * 128 : 0;
  return {
    ...call,
    text: replyOf(node, step, runInputs),
    isOfNoUse: step.error !== null,
    id: random.uuid().replaceAll('-', ''),
    createdSeconds: Math.floor(step.startMicros / 1_000_000),
    inputTokens,
    cachedTokens,
    outputTokens,
    reasoningTokens: node.reasons ? Math.floor(outputTokens * random.between(0.4, 0.8)) : 0,
  };
}
