import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import type { Payload } from '../harness/live-client.ts';
import { codesOf, ofWorkflow, repeat } from '../harness/operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';

/** A selection with this depth. */
const deep = (levels: number): string => {
  const fields = Array.from({ length: levels - 2 }, (_, index) => (index % 2 === 0 ? 'workflow {' : 'run(id: "r1") {'));
  return `run(workflowId: "wf", id: "r1") { ${fields.join(' ')} id ${'}'.repeat(levels - 1)}`;
};

/** Root selections with this count of one limited feature, and few of all others. */
const FORMS: Readonly<Record<string, readonly [number, (count: number) => string]>> = {
  depth: [20, deep],
  aliases: [100, (count) => `workflow(id: "wf") { ${repeat(count, (index) => `a${index}: id`)} }`],
  rootFields: [50, (count) => '__typename '.repeat(count)],
  introspections: [2, (count) => repeat(count, (index) => `a${index}: __schema { queryType { name } }`)],
};

/** Texts of at most 5000 tokens that nest about this deep. Without a limit on nesting each of them overflows the stack. */
const NESTED: Readonly<Record<string, readonly [number, (levels: number) => string]>> = {
  'a list of lists': [
    2480,
    (levels) => `{ run(workflowId: ${'['.repeat(levels)}1${']'.repeat(levels)}, id: "r1") { id } }`,
  ],
  'inline fragments': [1650, (levels) => `{ ${'...{'.repeat(levels)} __typename ${'}'.repeat(levels)} }`],
  'fragments of fragments': [
    1500,
    (levels) => {
      const each = levels / 15;
      const fragment = (index: number) =>
        `fragment F${index} on Query { ${'...{'.repeat(each)} ...F${index + 1} ${'}'.repeat(each)} }`;
      return `{ ...F0 } ${repeat(15, fragment)} fragment F15 on Query { __typename }`;
    },
  ],
};

const WRAPS: Readonly<Record<string, (selections: string) => string>> = {
  unwrapped: (selections) => `{ ${selections} }`,
  'in an inline fragment': (selections) => `{ ... { ${selections} } }`,
  'in fragments of fragments': (selections) =>
    `{ ...A } fragment A on Query { ... on Query { ...B } } fragment B on Query { ${selections} }`,
  'in the second operation': (selections) => `query A { __typename } query B { ${selections} }`,
};

describe('the limits of an operation', () => {
  const gateway = perBlock(new TestGateway());

  const ask = (query: string) =>
    send('HTTP POST', gateway.url, { query, ...(query.startsWith('query A') && { operationName: 'A' }) });

  it.each(Object.keys(FORMS).flatMap((limit) => Object.keys(WRAPS).map((wrap) => [limit, wrap] as const)))(
    'allow exactly the maximum of %s, %s',
    async (limit, wrap) => {
      const [maximum = 0, write = () => ''] = FORMS[limit] ?? [];
      const queryOf = (count: number) => WRAPS[wrap]?.(write(count)) ?? '';
      expect(codesOf(await ask(queryOf(maximum)))).not.toContain('GRAPHQL_VALIDATION_FAILED');
      expect((await ask(queryOf(maximum + 1))).errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum, found: maximum + 1 } },
      ]);
    },
  );

  describe.each(TRANSPORTS)('limits over %s', (transport) => {
    it.each(Object.entries(FORMS))(
      'report the limit %s, its maximum and the actual number, each time',
      async (limit, [maximum, write]) => {
        const found = maximum + 1;
        for (let time = 0; time < 3; time += 1) {
          const { data, errors } = await send(transport, gateway.url, { query: `{ ${write(found)} }` });
          expect(data ?? null).toBeNull();
          expect(errors).toMatchObject([
            {
              message: expect.stringMatching(`${found}.*at most ${maximum} are allowed`),
              extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum, found, retryable: false },
            },
          ]);
        }
      },
    );

    it('apply to the number of characters before parsing', async () => {
      // By GET the request's head would be too long first, and over a socket the message.
      const length = transport === 'HTTP GET' || transport === 'graphql-ws' ? 0 : 131_073;
      expect(
        (await send(transport, gateway.url, { query: '{ __typename }'.padEnd(length - 1) })).errors,
      ).toBeUndefined();
      const { errors } = await send(transport, gateway.url, { query: '{'.padEnd(length) });
      const code = length === 0 ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';
      expect(errors).toMatchObject([{ extensions: { code } }]);
    });

    it('apply to the number of tokens', async () => {
      const { errors } = await send(transport, gateway.url, { query: `{ ${'id '.repeat(5001)} }` });
      expect(errors).toMatchObject([
        { message: expect.stringContaining('5000 tokens'), extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
      ]);
    });
  });

  it('count a fragment at each spread, however often the spreads double', async () => {
    const twice = (index: number) => `fragment F${index} on Workflow { ...F${index + 1} ...F${index + 1} }`;
    for (const [fragments, message] of [
      [6, 'has 128 aliases; at most 100 are allowed'],
      [400, /has \S+ aliases; at most 100 are allowed/],
    ] as const) {
      const last = `fragment F${fragments} on Workflow { a: id b: id }`;
      const { errors } = await ask(`${ofWorkflow('...F0')} ${repeat(fragments, twice)} ${last}`);
      expect(errors).toMatchObject([{ message: expect.stringMatching(message) }]);
    }
  });

  it('count root fields in fragments at each spread', async () => {
    for (const [query, limit, found] of [
      [
        `{ ${repeat(101, (index) => `...F${index}`)} } ${repeat(101, (index) => `fragment F${index} on Query { __typename }`)}`,
        'rootFields',
        101,
      ],
      [
        `{ ${'...F '.repeat(10)} } fragment F on Query { ${repeat(6, (index) => `a${index}: __typename`)} }`,
        'rootFields',
        60,
      ],
    ] as const) {
      expect((await ask(query)).errors).toMatchObject([{ extensions: { limit, found } }]);
    }
    // Fields of fragments below the root are not root fields.
    const further = `fragment F on Workflow { ${'id '.repeat(60)} }`;
    expect((await ask(`${ofWorkflow('...F')} ${further}`)).errors).toBeUndefined();
  });

  it('count an alias in an introspection, but not __typename', async () => {
    const twice = '__typename __schema { types { kind } a: types { name } }';
    expect((await ask(`{ ${twice} }`)).errors).toBeUndefined();
    expect((await ask(`{ ${twice} __type(name: "Run") { name } }`)).errors).toMatchObject([
      { extensions: { limit: 'introspections', found: 3 } },
    ]);
  });

  it('reject cycles of fragments, spread or not', async () => {
    for (const query of [
      '{ ...F } fragment F on Query { workflow(id: "wf") { id } ...F }',
      '{ __typename } fragment F on Query { ...G } fragment G on Query { ... { ...F } }',
    ]) {
      const { errors } = await ask(query);
      expect(errors?.[0]?.message).toMatch(/Cannot spread fragment "[FG]" within itself/);
    }
  });

  it.each([
    ['subscription($b: Boolean!) { runUpdated(workflowId: "wf", id: "r1") @skip(if: $b) { run { id } } }', true],
    ['subscription { ... @include(if: true) { runUpdated(workflowId: "wf", id: "r1") { run { id } } } }', true],
    [
      'subscription { ...F } fragment F on Subscription { runUpdated(workflowId: "wf", id: "r1") @skip(if: false) { run { id } } }',
      true,
    ],
    ['subscription { runUpdated(workflowId: "wf", id: "r1") { run { id @skip(if: false) } } }', false],
  ])('reject a condition on the root field of a subscription: %s', async (query, isRefused) => {
    const answer = await send('graphql-ws', gateway.url, { query, variables: { b: false } });
    expect(codesOf(answer)).toEqual(isRefused ? ['GRAPHQL_VALIDATION_FAILED'] : []);
  });

  it.each(Object.entries(NESTED))(
    'reject a document that nests %s too deeply before the stack overflows',
    async (_, [levels, write]) => {
      const body = JSON.stringify({ query: write(levels) });
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body,
      });
      expect(response.status).toBe(400);
      expect(codesOf((await response.json()) as Payload)).toEqual(['GRAPHQL_PARSE_FAILED']);
    },
  );

  it('allow 800 nested brackets in an operation and its fragments', async () => {
    const query = (levels: number) =>
      `{ ...F ${'...{'.repeat(levels - 2)} __typename ${'}'.repeat(levels - 2)} } fragment F on Query { __typename }`;
    expect(await ask(query(800))).toEqual({ data: { __typename: 'Query' } });
    expect(codesOf(await ask(query(801)))).toEqual(['GRAPHQL_PARSE_FAILED']);
  });

  it('apply to the depth of introspection', async () => {
    const query = '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }';
    expect((await ask(query)).errors).toMatchObject([{ message: expect.stringMatching(/introspection depth/i) }]);
  });
});
