/** An agent: a model that reasons, a search in a loop, a revision that most runs skip; the answer is a plain string. */
import type { JsonObject, WorkflowDefinition } from '../definition.ts';

/** A deep search finds more to mend. */
const needsRevision = (inputs: JsonObject): boolean => inputs.depth === 3;

export const researchAgent: WorkflowDefinition = {
  id: 'research-agent',
  name: 'Research agent',
  description: 'Plans a search, reads what it finds, writes an answer with sources, and has it checked.',
  version: '0.9.4',
  isPublic: true,
  createdBy: 'user-linus',
  createdAt: '2026-02-11T21:36:09.287345Z',
  updatedAt: '2026-11-12T18:05:33.900021Z',
  entry: 'plan',
  finish: 'format_answer',
  untakenNodesAre: 'skipped',
  edges: [
    ['plan', 'web_search'],
    ['plan', 'read_notes'],
    ['web_search', 'synthesize'],
    ['read_notes', 'synthesize'],
    ['synthesize', 'fact_check'],
    ['fact_check', 'verdict'],
    ['verdict', 'revise'],
    ['verdict', 'format_answer'],
    ['revise', 'format_answer'],
  ],
  nodes: [
    {
      id: 'plan',
      type: 'model',
      description: 'Breaks the question down',
      seconds: [1.5, 2.4],
      model: 'maestro',
      system: 'Break the question into at most three searches. Think first.',
      temperature: 0.6,
      maxTokens: 2000,
      promptTokens: [220, 380],
      completionTokens: [420, 980],
      reasons: true,
      reply: (random) =>
        random.pick([
          '1. How large is the market? 2. Who leads it? 3. What changed this year?',
          '1. What does the standard say? 2. Which implementations differ, and how?',
        ]),
    },
    {
      id: 'web_search',
      type: 'integration',
      description: 'One search of the plan, repeated for each',
      seconds: [0.5, 0.9],
      iterations: [2, 3],
      answer: (random) => ({ results: random.integer(4, 10), took_ms: random.integer(180, 640), engine: 'brave' }),
    },
    {
      id: 'read_notes',
      type: 'knowledge_retrieval',
      description: "The team's own notes on the question",
      seconds: [0.5, 1.1],
      knowledgeBase: 'research-notes',
      passages: 4,
      passageCharacters: 500,
    },
    {
      id: 'synthesize',
      type: 'model',
      description: 'Writes the answer',
      seconds: [1.8, 2.8],
      model: 'virtuoso-large',
      system: 'Answer the question from the findings. Cite each source by its number.',
      temperature: 0.4,
      maxTokens: 1600,
      promptTokens: [3200, 7800],
      completionTokens: [420, 900],
      reply: (random) =>
        random.pick([
          'Three vendors hold two thirds of the market [1]; the rest is split among some forty [2]. Prices fell by 11% this year [3].',
          'The standard leaves the order open [1]. Two of five implementations sort by name [2], the others by insertion [3].',
        ]),
      mishap: {
        kind: 'fatal',
        chance: 0.15,
        error: 'The answer was withheld by the content filter (category: self-citation)',
      },
    },
    {
      id: 'fact_check',
      type: 'model',
      description: 'Compares each sentence with its source',
      seconds: [0.9, 1.5],
      model: 'gpt-4.1-mini',
      system: 'Compare each sentence with the source that it cites. Answer "accept" or list what is wrong.',
      temperature: 0,
      maxTokens: 400,
      promptTokens: [2400, 4100],
      completionTokens: [6, 120],
      reply: (_, inputs) =>
        needsRevision(inputs) ? 'Sentence 1: the source says "some thirty", not "some forty".' : 'accept',
      mishap: {
        kind: 'transient',
        chance: 0.3,
        error: JSON.stringify({
          type: 'rate_limit_error',
          code: 'rate_limit_exceeded',
          message: 'Limit: 60 requests a minute',
        }),
      },
    },
    {
      id: 'verdict',
      type: 'conditional',
      description: 'Revises if the check found something',
      seconds: [0.02, 0.06],
      branches: { accept: [], revise: ['revise'] },
      branchFor: (inputs) => (needsRevision(inputs) ? 'revise' : 'accept'),
    },
    {
      id: 'revise',
      type: 'model',
      description: 'Mends what the check found',
      seconds: [1, 1.6],
      model: 'virtuoso-medium',
      system: 'Mend the answer as the check says. Change nothing else.',
      temperature: 0.2,
      maxTokens: 1600,
      promptTokens: [900, 1500],
      completionTokens: [400, 880],
      reply: () => 'Three vendors hold two thirds of the market [1]; the rest is split among some thirty [2].',
    },
    {
      id: 'format_answer',
      type: 'code',
      description: 'Adds the list of sources',
      seconds: [0.1, 0.3],
      answer: (random) =>
        `Three vendors hold two thirds of the market [1].\n\nSources: ${random.integer(3, 9)} pages, see the appendix.`,
    },
  ],
  exampleInputs: (random) => ({
    question: random.pick([
      'Who leads the market for industrial heat pumps?',
      'In which order do JSON libraries write the keys of an object?',
    ]),
    depth: random.integer(1, 3),
  }),
};
