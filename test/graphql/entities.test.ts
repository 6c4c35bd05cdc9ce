import { describe, expect, it } from '@jest/globals';
import { readRepresentation } from '../../src/graphql/federation/representations.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createQuery } from '../support/query-harness.ts';

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
  const query = createQuery(createSchema());
  const ask = (of: unknown) =>
    query('query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Workflow { id } } }', { of });

  it('are as many as 1000 at once', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ __typename: 'Workflow', id: `wf-${at}` }));
    expect(await ask(many)).toEqual({ data: { _entities: many } });
    expect((await ask([...many, many[0]])).errors).toMatchObject([
      { message: 'representations: expected at most 1000, got 1001' },
    ]);
  });

  it('are of their types', async () => {
    const representations = [
      { __typename: 'Step', workflowId: 'wf', runId: 'r1', id: 's1' },
      { __typename: 'Run', workflowId: 'wf', id: 'r1' },
      { __typename: 'Workflow', id: 'wf' },
    ];
    const { data } = await ask(representations);
    expect(data).toMatchObject({ _entities: representations.map(({ __typename }) => ({ __typename })) });
  });
});
