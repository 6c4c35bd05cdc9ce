import { describe, expect, it } from '@jest/globals';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { codesOf, ofWorkflow, repeat } from '../harness/operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { perBlock } from '../harness/lasting.ts';

const BY_ID = 'query ById($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { totalElapsedTime } } }';
const ids = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

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
  directives: [100, (count) => `workflow(id: "wf") { ${'id @skip(if: false) '.repeat(count)} }`],
  repeatedFields: [100, (count) => `workflow(id: "wf") { id ${'id '.repeat(count)} }`],
};
const FRAGMENTS = `{ __typename } ${repeat(101, (index) => `fragment F${index} on Query { __typename }`)}`;

const WRAPS: Readonly<Record<string, (selections: string) => string>> = {
  unwrapped: (selections) => `{ ${selections} }`,
  'in an inline fragment': (selections) => `{ ... { ${selections} } }`,
  'in fragments of fragments': (selections) =>
    `{ ...A } fragment A on Query { ... on Query { ...B } } fragment B on Query { ${selections} }`,
  'in the second operation': (selections) => `query A { __typename } query B { ${selections} }`,
};

describe('the limits of an operation', () => {
  const upstream = perBlock(() => startFaultyUpstream());
  const gateway = perBlock(() => startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_COST: '20' }));

  const ask = (query: string) =>
    send('HTTP POST', gateway.url, { query, ...(query.startsWith('query A') && { operationName: 'A' }) });

  it.each(Object.keys(FORMS).flatMap((limit) => Object.keys(WRAPS).map((wrap) => [limit, wrap] as const)))(
    'allow exactly the maximum of %s, %s',
    async (limit, wrap) => {
      const [maximum = 0, write = () => ''] = FORMS[limit] ?? [];
      const queryOf = (count: number) => WRAPS[wrap]?.(write(count)) ?? '';
      for (const { extensions } of (await ask(queryOf(maximum))).errors ?? []) expect(extensions.limit).toBe('cost');
      expect((await ask(queryOf(maximum + 1))).errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum, found: maximum + 1 } },
      ]);
    },
  );

  describe.each(TRANSPORTS)('over %s', (transport) => {
    it.each([...Object.keys(FORMS), 'fragments', 'cost'])(
      'report the limit %s, its maximum and the actual number, each time',
      async (limit) => {
        const others = { cost: [20, BY_ID, 22], fragments: [100, FRAGMENTS, 101] } as const;
        const [maximum = 20, write = () => ''] = FORMS[limit] ?? [];
        const form = [maximum, `{ ${write(maximum + 1)} }`, maximum + 1] as const;
        const [most, query, found] = limit === 'cost' || limit === 'fragments' ? others[limit] : form;
        for (let time = 0; time < 3; time += 1) {
          const variables = limit === 'cost' ? { ids: ids(11) } : {};
          const { data, errors } = await send(transport, gateway.url, { query, variables });
          expect(data ?? null).toBeNull();
          expect(errors).toMatchObject([
            {
              message: expect.stringMatching(`${found}.*at most ${most} are allowed`),
              extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum: most, found, retryable: false },
            },
          ]);
        }
      },
    );

    it('include the number of characters, checked before parsing', async () => {
      // By GET, the request's head would be too long first.
      const length = transport === 'HTTP GET' ? 0 : 131_073;
      expect(
        (await send(transport, gateway.url, { query: '{ __typename }'.padEnd(length - 1) })).errors,
      ).toBeUndefined();
      const { errors } = await send(transport, gateway.url, { query: '{'.padEnd(length) });
      const code = length === 0 ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';
      expect(errors).toMatchObject([{ extensions: { code } }]);
    });

    it('include the number of tokens', async () => {
      const { errors } = await send(transport, gateway.url, { query: `{ ${'id '.repeat(5001)} }` });
      expect(errors).toMatchObject([
        { message: expect.stringContaining('5000 tokens'), extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
      ]);
    });

    it('apply to the variables of a known operation', async () => {
      for (let time = 0; time < 3; time += 1) {
        const known = await send(transport, gateway.url, { query: BY_ID, variables: { ids: ids(10) } });
        expect(known.errors).toBeUndefined();
      }
      const calls = upstream.calls.length;
      for (let time = 0; time < 3; time += 1) {
        const { errors } = await send(transport, gateway.url, { query: BY_ID, variables: { ids: ids(50) } });
        expect(errors).toMatchObject([{ extensions: { limit: 'cost', maximum: 20, found: 100 } }]);
      }
      expect(upstream.calls).toHaveLength(calls);
    });
  });

  it('apply to the variables of a subscription', async () => {
    const query = `subscription Live($first: Int!) {
      runUpdated(workflowId: "wf", id: "r1") { status workflow { runs(first: $first) { nodes { steps { id } } } } }
    }`;
    for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
      expect(await send(transport, gateway.url, { query, variables: { first: 2 } })).toHaveProperty('data');
      const { errors } = await send(transport, gateway.url, { query, variables: { first: 40 } });
      expect(errors).toMatchObject([{ extensions: { limit: 'cost', maximum: 20, found: 42 } }]);
    }
  });

  it('count a fragment at each spread, and report no endless number', async () => {
    const twice = (index: number) => `fragment F${index} on Workflow { ...F${index + 1} ...F${index + 1} }`;
    for (const [fragments, message] of [
      [6, 'has 128 aliases; at most 100 are allowed'],
      [90, 'has more than 1000000000 aliases; at most 100 are allowed'],
    ] as const) {
      const last = `fragment F${fragments} on Workflow { a: id b: id }`;
      const { errors } = await ask(`${ofWorkflow('...F0')} ${repeat(fragments, twice)} ${last}`);
      expect(errors).toMatchObject([{ message: expect.stringContaining(message) }]);
    }
  });

  it('count directives of operations and fragments, fragments, and root fields in fragments', async () => {
    const many = '@skip(if: false) '.repeat(101);
    for (const [query, limit, found] of [
      [`{ ...F ${many} } fragment F on Query { __typename }`, 'directives', 101],
      [`query ${many} { __typename }`, 'directives', 101],
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

  it('refuse cycles of fragments, whether they are spread or not', async () => {
    for (const query of [
      '{ ...F } fragment F on Query { workflow(id: "wf") { id } ...F }',
      '{ __typename } fragment F on Query { ...G } fragment G on Query { ... { ...F } }',
    ]) {
      const { errors } = await ask(query);
      expect(errors?.[0]?.message).toMatch(/Cannot spread fragment "[FG]" within itself/);
    }
  });

  it.each([
    ['subscription($b: Boolean!) { runUpdated(workflowId: "wf", id: "r1") @skip(if: $b) { id } }', true],
    ['subscription { ... @include(if: true) { runUpdated(workflowId: "wf", id: "r1") { id } } }', true],
    [
      'subscription { ...F } fragment F on Subscription { runUpdated(workflowId: "wf", id: "r1") @skip(if: false) { id } }',
      true,
    ],
    ['subscription { runUpdated(workflowId: "wf", id: "r1") { id @skip(if: false) } }', false],
  ])('refuse a condition on the root field of a subscription: %s', async (query, isRefused) => {
    const answer = await send('graphql-ws', gateway.url, { query, variables: { b: false } });
    expect(codesOf(answer)).toEqual(isRefused ? ['GRAPHQL_VALIDATION_FAILED'] : []);
  });

  it('include the depth of introspection', async () => {
    const query = '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }';
    expect((await ask(query)).errors).toMatchObject([{ message: expect.stringMatching(/introspection depth/i) }]);
  });
});
