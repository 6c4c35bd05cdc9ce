/** The smallest workflow: one model node, as in the vendor's published example. */
import type { WorkflowDefinition } from '../definition.ts';

export const quickAnswer: WorkflowDefinition = {
  id: 'quick-answer',
  name: 'Quick answer',
  description: 'One model, one answer.',
  version: '1.0.0',
  isPublic: true,
  createdBy: 'user-ada',
  createdAt: '2025-03-12T00:41:19.120394Z',
  updatedAt: '2025-03-12T00:59:55.465508Z',
  entry: 'model',
  finish: 'model',
  untakenNodesAre: 'skipped',
  edges: [],
  nodes: [
    {
      id: 'model',
      type: 'model',
      description: 'Answers the question',
      seconds: [4.1, 6.5],
      model: 'auto',
      system: 'You are a helpful assistant. Answer in one paragraph.',
      temperature: 0.7,
      maxTokens: 512,
      promptTokens: [24, 90],
      completionTokens: [60, 260],
      reply: (random) =>
        random.pick([
          'A workflow is a graph of steps: each node waits for the nodes before it, does one job, and hands on its answer.',
          'Elapsed time is floored to whole seconds, so a step of 0.9 seconds counts 0. The timestamps are exact.',
        ]),
      mishap: {
        kind: 'fatal',
        chance: 0.1,
        attempts: 2,
        error: 'Model overloaded: no capacity for "auto" at the moment',
      },
    },
  ],
  exampleInputs: (random) => ({ question: random.pick(['What is a workflow?', 'Why is elapsed_time 0?']) }),
};
