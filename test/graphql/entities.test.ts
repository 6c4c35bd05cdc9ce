import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type QueryOptions, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { placesOf } from '../harness/operations.ts';
import { healthy, type Script } from '../harness/upstream.ts';
import { wireWorkflow } from '../harness/wire.ts';

const CONTRACT = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const runKey = (id: unknown, workflowId: unknown = 'wf') => ({ __typename: 'Run', workflowId, id });
const stepKey = (runId: string, id: string) => ({ __typename: 'Step', workflowId: 'wf', runId, id });
const workflowKey = (id: string) => ({ __typename: 'Workflow', id });

/** Run `missing` does not exist; `broken` violates the contract. One workflow is listed: `wf`. */
const script: Script = (call) => {
  if (call.endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
  if (call.runId === 'missing') return { status: 404, json: {} };
  if (call.runId === 'broken') return { json: { not: 'a list' } };
  return healthy(call);
};

const FIELDS = `
  __typename
  ... on Run { id totalElapsedTime }
  ... on Step { id durationMs }
  ... on Workflow { id name }
`;

describe('_entities', () => {
  const gateway = perTest(new TestGateway({ script }));
  const { upstream } = gateway;

  async function entities(representations: readonly unknown[], fields = FIELDS, options: QueryOptions = {}) {
    const { data, errors } = await gateway.query(
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${fields} } }`,
      { variables: { representations }, ...options },
    );
    const entitiesOf = (data as { _entities?: unknown } | null)?._entities ?? null;
    return { entities: entitiesOf, errors: placesOf({ errors }), all: errors };
  }

  it('returns runs, steps and workflows in the order of their representations', async () => {
    expect(await entities([stepKey('r2', 'r2-step'), runKey('r1'), workflowKey('wf'), runKey('r2')])).toMatchObject({
      entities: [
        { __typename: 'Step', id: 'r2-step', durationMs: 2237.692 },
        { __typename: 'Run', id: 'r1', totalElapsedTime: 2 },
        { __typename: 'Workflow', id: 'wf', name: expect.any(String) },
        { __typename: 'Run', id: 'r2', totalElapsedTime: 2 },
      ],
      errors: [],
    });
  });

  it('makes one steps call for any number of entities of a run', async () => {
    const runs = ['r1', 'r2', 'r3'].flatMap((id) => [runKey(id), stepKey(id, `${id}-step`), runKey(id)]);
    const { entities: answered, errors } = await entities([...runs, ...runs]);
    expect(answered).toHaveLength(18);
    expect(errors).toEqual([]);
    expect(upstream.calls.map(({ endpoint, runId }) => `${endpoint} ${runId}`).sort()).toEqual([
      'run r1',
      'run r2',
      'run r3',
      'steps r1',
      'steps r2',
      'steps r3',
    ]);
  });

  it('makes no steps call if only record fields are selected', async () => {
    const fields =
      '... on Run { status } ... on Workflow { name } ...S } } fragment S on Step { nodeId ... on Step { durationMs';
    const { errors } = await entities([runKey('r1'), workflowKey('wf')], fields);
    expect(errors).toEqual([]);
    expect([upstream.count('run'), upstream.count('workflows'), upstream.count('steps')]).toEqual([1, 1, 0]);
  });

  it('makes no call for a workflow if only its id is selected', async () => {
    expect((await entities([workflowKey('any')], '... on Workflow { id }')).entities).toEqual([{ id: 'any' }]);
    expect(upstream.calls).toEqual([]);
  });

  it('nulls each failed entity with an error, and returns the others', async () => {
    const answered = await entities([
      runKey('missing'),
      runKey('r1'),
      runKey('broken'),
      runKey('..'),
      stepKey('missing', 'a'),
      stepKey('r1', 'none'),
      stepKey('r1', 'r1-step'),
      workflowKey('missing'),
      workflowKey('..'),
    ]);
    expect(answered).toMatchObject({
      entities: [
        null,
        { id: 'r1' },
        null,
        null,
        null,
        null,
        { id: 'r1-step' },
        // Only a reference: its fields fail when they are read.
        { id: 'missing', name: null },
        null,
      ],
      errors: [
        '_entities.0: NOT_FOUND',
        '_entities.2: UPSTREAM_CONTRACT_VIOLATION',
        '_entities.3: BAD_USER_INPUT',
        '_entities.4: NOT_FOUND',
        '_entities.5: NOT_FOUND',
        '_entities.7.name: NOT_FOUND',
        '_entities.8: BAD_USER_INPUT',
      ],
    });
  });

  it.each([
    ['a field of the key is missing', { __typename: 'Run', id: 'r1' }, 'got nothing for workflowId'],
    [
      'a field of the key is not an ID',
      runKey(['r1']),
      'must name Run by its key { workflowId id }, each an ID, got a list',
    ],
    ['it is a step without its run', { __typename: 'Step', workflowId: 'wf', id: 'a' }, 'got nothing for runId'],
    ['the type has no key', { __typename: 'Timeline', id: 'x' }, 'Workflow, Run, Step, got "Timeline"'],
    ['a field of the key is a number with a fraction', runKey(0.5), 'got a number for id'],
    ['a field of the key is null', runKey(null), 'got nothing for id'],
    [
      'the type is a property name of JavaScript objects',
      { __typename: 'constructor' },
      'Workflow, Run, Step, got "constructor"',
    ],
    ['it has no type', { id: 'r1' }, 'Workflow, Run, Step, got nothing'],
    ['it is a string', 'r1', 'an object with __typename and its key, got a string'],
    ['it is a list', [runKey('r1')], 'an object with __typename and its key, got a list'],
  ])('rejects a representation if %s, and returns the others', async (_, representation, message) => {
    for (let time = 0; time < 3; time += 1) {
      const { entities: answered, all } = await entities([runKey('r1'), representation, runKey('r2')]);
      expect(answered).toMatchObject([{ id: 'r1' }, null, { id: 'r2' }]);
      expect(all).toMatchObject([{ path: ['_entities', 1], extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(all[0]?.message).toContain(message);
    }
  });

  it('accepts a number as id, and ignores fields outside the key', async () => {
    const { entities: answered } = await entities([{ ...runKey(7), status: 'whatever' }]);
    expect(answered).toMatchObject([{ id: '7', totalElapsedTime: 2 }]);
  });

  it('rejects more than 1000 representations without any call', async () => {
    const { errors, all } = await entities(Array.from({ length: 1001 }, (_, index) => runKey(`r${index}`)));
    expect(errors).toEqual(['_entities: BAD_USER_INPUT']);
    expect(all[0]?.message).toBe('representations must have at most 1000 items, got 1001.');
    expect(upstream.calls).toEqual([]);
  });

  it('requires a key for a run, but not for _service', async () => {
    const { entities: answered, errors } = await entities([runKey('r1')], FIELDS, { key: null });
    expect({ answered, errors }).toEqual({ answered: [null], errors: ['_entities.0: UNAUTHENTICATED'] });
    const { data } = await gateway.query('{ _service { sdl } }', { key: null });
    expect(data).toEqual({ _service: { sdl: CONTRACT } });
  });
});
