import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readRepresentation } from '../../src/graphql/federation/representations.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createCostOf } from '../support/cost.ts';
import { createQuery, errorsOf } from '../support/query-harness.ts';

const schema = createSchema();

describe('a representation', () => {
  it('is read by the key of its type; text and whole numbers are ids', () => {
    const key = { workflowId: 'wf', runId: 7, id: -1 };
    expect(readRepresentation({ __typename: 'Step', ...key, other: 1 })).toEqual({
      __typename: 'Step',
      workflowId: 'wf',
      runId: '7',
      id: '-1',
    });
    expect(readRepresentation({ __typename: 'Workflow', ...key })).toEqual({ __typename: 'Workflow', id: '-1' });
  });

  const NO_OBJECT = 'expected an object with __typename and its key';
  const NO_TYPE = 'expected the __typename Workflow, Run, Step';
  const NO_KEY = 'expected Run by its key { workflowId id }, each an ID';
  it.each([
    [null, `${NO_OBJECT}, got nothing`],
    [undefined, `${NO_OBJECT}, got nothing`],
    [['Run'], `${NO_OBJECT}, got a list`],
    [true, `${NO_OBJECT}, got a boolean`],
    [{}, `${NO_TYPE}, got nothing`],
    [{ __typename: ['Run'] }, `${NO_TYPE}, got a list`],
    [{ __typename: 'x'.repeat(1000) }, `${NO_TYPE}, got "${'x'.repeat(100)}"`],
    [{ __typename: 'Run', workflowId: {}, id: 'r1' }, `${NO_KEY}, got an object for workflowId`],
    [{ __typename: 'Run', workflowId: 'wf', id: 0.5 }, `${NO_KEY}, got a number for id`],
    [{ __typename: 'Run', workflowId: 'wf', id: null }, `${NO_KEY}, got nothing for id`],
  ])('is refused where it is %j', (value, problem) => {
    expect(() => readRepresentation(value)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: `representation: ${problem}` }),
    );
  });
});

describe('entities', () => {
  const QUERY = `query ($of: [_Any!]!) {
    _entities(representations: $of) { __typename ... on Workflow { id } ... on Step { id } }
  }`;
  const query = createQuery(schema);
  const ask = (of: unknown) => query(QUERY, { of });

  it('are as many as 1000 at once', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ __typename: 'Workflow', id: `wf-${at}` }));
    expect(await ask(many)).toEqual({ data: { _entities: many } });
    expect((await ask([...many, many[0]])).errors).toMatchObject([
      { message: 'representations: expected at most 1000, got 1001', originalError: { code: 'BAD_USER_INPUT' } },
    ]);
    const runs = Array.from({ length: 1000 }, () => ({ __typename: 'Run' }));
    const cost = createCostOf(schema, true);
    expect(cost(QUERY, { of: runs }).calls).toBe(1000);
    expect(cost(QUERY, { of: [...runs, ...runs] }).calls).toBe(0);
  });

  it('are of their types, each with its own error', async () => {
    const step = { __typename: 'Step', workflowId: 'wf', runId: 'r1', id: 's2' };
    const others = [
      { __typename: 'Run', workflowId: 'wf', id: 'r1' },
      { __typename: 'Workflow', id: 'wf' },
    ];
    for (let time = 0; time < 2; time += 1) {
      const result = await ask([step, ...others, { ...step, id: 'none' }, { ...step, runId: 'down' }]);
      expect(result.data).toEqual({
        _entities: [
          { __typename: 'Step', id: 's2' },
          { __typename: 'Run' },
          { __typename: 'Workflow', id: 'wf' },
          null,
          null,
        ],
      });
      expect(errorsOf(result)).toEqual(['_entities.3: NOT_FOUND', '_entities.4: UPSTREAM_TIMEOUT']);
    }
  });
});

describe('the schema of a subgraph', () => {
  it('is the contract with its keys, without what federation itself adds', async () => {
    const { data } = await createQuery(schema)('{ _service { sdl } }');
    expect(data).toEqual({ _service: { sdl: readFileSync('schema.graphql', 'utf8') } });
  });
});
