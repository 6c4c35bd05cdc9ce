/** A workflow with a large payload: `find_neighbours` returns some 200 KB of passages. */
import type { WorkflowDefinition } from '../definition.ts';

export const documentIngest: WorkflowDefinition = {
  id: 'document-ingest',
  name: 'Document ingest',
  description: 'Splits a document, embeds it, finds known passages, and adds the rest to the index.',
  version: '1.1.0',
  isPublic: false,
  createdBy: 'user-grace',
  createdAt: '2026-05-29T06:48:20.645811Z',
  updatedAt: '2026-10-30T12:00:01.000342Z',
  entry: 'fetch',
  finish: 'index',
  untakenNodesAre: 'absent',
  edges: [
    ['fetch', 'split'],
    ['split', 'embed'],
    ['split', 'extract_entities'],
    ['embed', 'find_neighbours'],
    ['find_neighbours', 'deduplicate'],
    ['extract_entities', 'deduplicate'],
    ['deduplicate', 'index'],
  ],
  nodes: [
    {
      id: 'fetch',
      type: 'integration',
      description: 'Reads the document from storage',
      seconds: [0.4, 0.9],
      answer: (random) => ({
        bytes: random.integer(200_000, 4_000_000),
        content_type: 'text/html',
        etag: random.uuid(),
      }),
    },
    {
      id: 'split',
      type: 'code',
      description: 'Cuts it into passages of 400 tokens',
      seconds: [0.2, 0.5],
      answer: (random) => ({ passages: random.integer(40, 260) }),
    },
    {
      id: 'embed',
      type: 'integration',
      description: 'Embeds the passages',
      seconds: [1.6, 2.6],
      answer: (random) => ({ model: 'arcee-embed', dimensions: 768, tokens: random.integer(16_000, 104_000) }),
      mishap: { kind: 'transient', chance: 0.35, error: 'upstream connect error: connection reset by peer' },
    },
    {
      id: 'extract_entities',
      type: 'model',
      description: 'People, companies and places',
      seconds: [1.2, 2.2],
      model: 'coder-large',
      system: 'List the people, companies and places that the passages name, as JSON.',
      temperature: 0,
      requests: {
        incident: {
          system: 'List the people, companies and places that the passages name, as JSON. Quote each passage.',
        },
      },
      maxTokens: 900,
      promptTokens: [5200, 9800],
      completionTokens: [120, 480],
      reply: (random) =>
        random.pick([
          '{"people": ["Ada Lovelace"], "companies": ["Fabrikam GmbH"], "places": ["London", "Zürich"]}',
          '{"people": [], "companies": ["Contoso", "Northwind Traders"], "places": ["Seattle"]}',
        ]),
    },
    {
      id: 'find_neighbours',
      type: 'knowledge_retrieval',
      description: 'Finds similar passages in the index',
      seconds: [0.9, 1.8],
      knowledgeBase: 'documents',
      passages: 100,
      passageCharacters: 2000,
    },
    {
      id: 'deduplicate',
      type: 'code',
      description: 'Drops passages that are already there',
      seconds: [0.4, 0.9],
      answer: (random) => ({ kept: random.integer(30, 200), dropped: random.integer(0, 60) }),
    },
    {
      id: 'index',
      type: 'integration',
      description: 'Elasticsearch: adds the passages',
      seconds: [0.7, 1.4],
      answer: (random) => ({ index: 'documents-v7', indexed: random.integer(30, 200), errors: false }),
      mishap: {
        kind: 'fatal',
        chance: 0.25,
        error: (random) =>
          JSON.stringify({
            type: 'IndexWriteError',
            code: 'SHARD_READ_ONLY',
            message: `documents-v7[${random.integer(0, 5)}] is read-only: the disk is above the flood stage watermark`,
          }),
      },
    },
  ],
  exampleInputs: (random) => ({
    url: `https://docs.example.com/handbook/${random.integer(100, 999)}`,
    collection: 'handbook',
  }),
};
