import { describe, expect, it } from '@jest/globals';
import { selectSteps, type StepFilter, type StepOrder } from '../../src/domain/step/steps.ts';
import { priced, ran, runOf } from './facts.ts';

const { steps } = runOf([
  ran('b', 0, 5),
  ran('a', 1, 2, 'failed'),
  ran('c', 2, 3),
  ran('b', 3, 4, 'failed'),
  ran('a', null, null, 'queued'),
]);

describe('the steps of a run', () => {
  it.each<[StepFilter | null, number[]]>([
    [null, [0, 1, 2, 3, 4]],
    [{ status: null, nodeId: null, failedOnly: null }, [0, 1, 2, 3, 4]],
    [{ status: ['COMPLETED', 'PENDING'] }, [0, 2, 4]],
    [{ status: [] }, []],
    [{ nodeId: ['a', 'b'] }, [0, 1, 3, 4]],
    [{ failedOnly: true }, [1, 3]],
    [{ nodeId: ['b'], failedOnly: true }, [3]],
  ])('are filtered by %j to %j', (filter, indexes) => {
    expect(selectSteps(steps, filter, null).map(({ index }) => index)).toEqual(indexes);
  });

  it.each<[StepOrder, number[]]>([
    [{ field: 'DURATION', direction: 'ASC' }, [1, 2, 3, 0, 4]],
    [{ field: 'DURATION', direction: 'DESC' }, [0, 1, 2, 3, 4]],
    [{ field: 'START_TIME', direction: 'DESC' }, [3, 2, 1, 0, 4]],
    [{ field: 'NODE_ID', direction: 'ASC' }, [1, 4, 0, 3, 2]],
    [{ field: 'NODE_ID', direction: 'DESC' }, [2, 0, 3, 1, 4]],
  ])('are sorted by %j as %j, unknown values last', (order, indexes) => {
    expect(selectSteps(steps, null, order).map(({ index }) => index)).toEqual(indexes);
    expect(selectSteps(steps, {}, order).map(({ index }) => index)).toEqual(indexes);
  });

  it('are sorted by tokens and cost both ways, unknown values last', () => {
    const outputs = (model: string, tokens: number) => ({
      model,
      usage: { prompt_tokens: tokens, completion_tokens: 0 },
    });
    const { steps: calls } = runOf([
      ran('a', 0, 1, 'completed', { outputs: outputs('dear', 10) }),
      ran('b', 1, 2),
      ran('c', 2, 3, 'completed', { outputs: outputs('cheap', 30) }),
      ran('d', 3, 4, 'completed', { outputs: outputs('unknown', 20) }),
      ran('e', 4, 5, 'failed', { outputs: outputs('dear', 10) }),
      ran('f', 5, 6, 'completed', { tokens: 25 }),
    ]);
    const prices = new Map([
      ['dear', priced({ input: 1e-3, output: 0 })],
      ['cheap', priced({ input: 1e-6, output: 0 })],
    ]);
    const nodesIn = (
      field: StepOrder['field'],
      direction: StepOrder['direction'],
      list: typeof prices | null = prices,
    ) =>
      selectSteps(calls, null, { field, direction }, list)
        .map(({ nodeId }) => nodeId)
        .join('');
    expect([nodesIn('TOKENS', 'ASC'), nodesIn('TOKENS', 'DESC')]).toEqual(['aedfcb', 'cfdaeb']);
    expect([nodesIn('COST', 'ASC'), nodesIn('COST', 'DESC')]).toEqual(['caebdf', 'aecbdf']);
    expect(nodesIn('COST', 'DESC', null)).toBe('abcdef');
  });
});
