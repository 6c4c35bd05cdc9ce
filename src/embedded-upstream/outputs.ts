/** What a step was given and what it answered: built when somebody asks, from the step's id, so that no payload is kept in memory. */
import type { Json, JsonObject, ModelNode, RetrievalNode, WorkflowNode } from './definition.ts';
import type { Run, Step } from './engine.ts';
import { createRandom, type Random } from './random.ts';

/** The path into a node's output that is handed on; null where the whole output is. */
export const OUTPUT_MAPPING: Readonly<Record<WorkflowNode['type'], string | null>> = {
  model: 'choices[0].message.content',
  knowledge_retrieval: 'summary',
  conditional: 'branch',
  code: null,
  integration: null,
};

export const nodeOf = (run: Run, step: Step): WorkflowNode =>
  run.workflow.nodes.find(({ id }) => id === step.nodeId) ?? run.workflow.nodes[0];

/** Null while it runs, and where it answered nothing. */
export function outputsOf(run: Run, step: Step): Json {
  if (!step.hasOutputs) return null;
  const node = nodeOf(run, step);
  const random = createRandom(step.id);
  switch (node.type) {
    case 'model':
      return completion(node, run, step);
    case 'knowledge_retrieval':
      return { summary: retrievalSummary(node), passages: passages(node, random) };
    case 'conditional':
      return { branch: step.branch, next: node.branches[step.branch ?? ''] ?? [] };
    case 'code':
    case 'integration':
      return node.answer(random);
  }
}

/** What `OUTPUT_MAPPING` takes out of a step's output: small, for run records repeat it for every node. */
export function mappedOutputOf(run: Run, step: Step): Json {
  const node = nodeOf(run, step);
  const random = createRandom(step.id);
  switch (node.type) {
    case 'model':
      return reply(node, run, step);
    case 'knowledge_retrieval':
      return retrievalSummary(node);
    case 'conditional':
      return step.branch;
    case 'code':
    case 'integration':
      return node.answer(random);
  }
}

/** Every node is given the run's id and its inputs; the rest depends on its type. */
export function inputsOf(run: Run, step: Step): JsonObject {
  const node = nodeOf(run, step);
  return { ...ownInputs(node, run.inputs), run_id: run.id, input_data: run.inputs };
}

function ownInputs(node: WorkflowNode, runInputs: JsonObject): JsonObject {
  switch (node.type) {
    case 'model':
      return {
        model: node.model,
        messages: [
          { role: 'system', content: node.system },
          { role: 'user', content: excerpt(runInputs) },
        ],
        temperature: node.temperature,
        max_tokens: node.maxTokens,
        stream: false,
      };
    case 'knowledge_retrieval':
      return { query: excerpt(runInputs), knowledge_base: node.knowledgeBase, top_k: node.passages };
    case 'conditional':
      return { branches: Object.keys(node.branches) };
    case 'code':
    case 'integration':
      return {};
  }
}

/** Inputs may be as long as a request's body: a message quotes their beginning. */
const excerpt = (inputs: JsonObject): string => JSON.stringify(inputs).slice(0, 2000);

const reply = (node: ModelNode, run: Run, step: Step): string => node.reply(createRandom(step.id, 'reply'), run.inputs);

function completion(node: ModelNode, run: Run, step: Step): JsonObject {
  const random = createRandom(step.id);
  const content = reply(node, run, step);
  const isCutOff = step.error !== null;
  // The same prompt has the same length, in a retry and in another run.
  const promptTokens = createRandom(node.id, excerpt(run.inputs)).integer(...node.promptTokens);
  const completionTokens = random.integer(...node.completionTokens);
  const cachedTokens = random.chance(0.4) ? Math.floor(promptTokens / 128 / 2) * 128 : 0;
  return {
    id: `chatcmpl-${random.uuid().replaceAll('-', '')}`,
    object: 'chat.completion',
    created: Math.floor(step.startMicros / 1_000_000),
    model: node.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: isCutOff ? content.slice(0, 21) : content, tool_calls: null },
        finish_reason: isCutOff ? 'length' : 'stop',
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: cachedTokens > 0 ? { cached_tokens: cachedTokens } : null,
      ...(node.reasons && {
        completion_tokens_details: { reasoning_tokens: Math.floor(completionTokens * random.between(0.4, 0.8)) },
      }),
    },
    system_fingerprint: null,
    service_tier: 'default',
  };
}

const retrievalSummary = (node: RetrievalNode): JsonObject => ({
  knowledge_base: node.knowledgeBase,
  count: node.passages,
});

const passages = (node: RetrievalNode, random: Random): Json =>
  Array.from({ length: node.passages }, (_, index) => ({
    id: `${node.knowledgeBase}/${random.integer(1000, 9999)}#${index}`,
    score: Math.round((1 - (index + random.next()) / (node.passages + 1)) * 10_000) / 10_000,
    text: prose(node.passageCharacters, random),
  }));

const WORDS = (
  'the a of to and in that is was for with as on by at from or an are this it be not which step node run model order ' +
  'answer document invoice ticket customer service report index passage source limit key error retry queue batch page ' +
  'field table value record change request reply team price total month system account review'
).split(' ');

function prose(characters: number, random: Random): string {
  let text = '';
  while (text.length < characters) text += `${WORDS[random.integer(0, WORDS.length - 1)] ?? ''} `;
  return text.slice(0, characters);
}
