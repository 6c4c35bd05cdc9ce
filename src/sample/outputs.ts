/** Inputs and outputs of a step, generated from its id on request, so no payload is kept in memory. */
import type { Json, JsonObject, RetrievalNode, TaskNode, WorkflowNode } from './definition.ts';
import type { Run, Step } from './engine.ts';
import { apiOf } from './model-apis/model-apis.ts';
import { modelAnswer, modelCall, replyOf } from './model-apis/model-call.ts';
import { createRandom, type Random } from './random.ts';

/** Path into a node's output that is passed to the next nodes, or null for the whole output. */
export function outputMappingOf(node: WorkflowNode): string | null {
  switch (node.type) {
    case 'model':
      return apiOf(node).textPath;
    case 'knowledge_retrieval':
      return 'summary';
    case 'conditional':
      return 'branch';
    case 'code':
    case 'integration':
      return null;
  }
}

export function nodeOf({ workflow, era }: Run, step: Step): WorkflowNode {
  const node = workflow.nodes.find(({ id }) => id === step.nodeId) ?? workflow.nodes[0];
  return era !== 'usual' && node.type === 'model' ? { ...node, ...node.requests?.[era] } : node;
}

/** What a step asks a person, or null. */
export function asksOf(run: Run, step: Step): NonNullable<TaskNode['asks']> | null {
  const node = nodeOf(run, step);
  return ('asks' in node ? node.asks : undefined) ?? null;
}

/** Returns null while the step is running, and without an answer. */
export function outputsOf(run: Run, step: Step): Json {
  if (!step.hasOutputs) return null;
  if (step.answer !== undefined) return step.answer;
  const node = nodeOf(run, step);
  const random = createRandom(step.id);
  switch (node.type) {
    case 'model':
      return apiOf(node).answered(modelAnswer(node, step, run.inputs));
    case 'knowledge_retrieval':
      return { summary: retrievalSummary(node), passages: passages(node, random) };
    case 'conditional':
      return { branch: step.branch, next: node.branches[step.branch ?? ''] ?? [] };
    case 'code':
    case 'integration':
      return node.answer(random);
  }
}

/** A model's whole response, which contains the usage. For other steps, the mapped value, which is small. */
export const recordedOutputOf = (run: Run, step: Step): Json =>
  nodeOf(run, step).type === 'model' ? outputsOf(run, step) : mappedOutputOf(run, step);

/** The value at `outputMappingOf`. */
export function mappedOutputOf(run: Run, step: Step): Json {
  const node = nodeOf(run, step);
  const random = createRandom(step.id);
  switch (node.type) {
    case 'model':
      return replyOf(node, step, run.inputs);
    case 'knowledge_retrieval':
      return retrievalSummary(node);
    case 'conditional':
      return step.branch;
    case 'code':
    case 'integration':
      return node.answer(random);
  }
}

/** Every node gets the run's id and inputs. The rest depends on its type. */
export function inputsOf(run: Run, step: Step): JsonObject {
  const node = nodeOf(run, step);
  return { ...ownInputs(node, run.inputs), run_id: run.id, input_data: run.inputs };
}

function ownInputs(node: WorkflowNode, runInputs: JsonObject): JsonObject {
  switch (node.type) {
    case 'model':
      return apiOf(node).asked(modelCall(node, runInputs));
    case 'knowledge_retrieval':
      return {
        query: JSON.stringify(runInputs).slice(0, 2000),
        knowledge_base: node.knowledgeBase,
        top_k: node.passages,
      };
    case 'conditional':
      return { branches: Object.keys(node.branches) };
    case 'code':
    case 'integration':
      return {};
  }
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
