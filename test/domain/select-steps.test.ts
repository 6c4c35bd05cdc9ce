import { describe, expect, it } from '@jest/globals';
import { slowestSteps } from '../../src/domain/step/failures.ts';
import { selectSteps, type StepFilter, type StepOrder } from '../../src/domain/step/steps.ts';
import { ran, runOf } from './facts.ts';

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
  ])('that match %j are %j', (filter, indexes) => {
    expect(selectSteps(steps, filter, null).map(({ index }) => index)).toEqual(indexes);
  });

  it.each<[StepOrder, number[]]>([
    [{ field: 'DURATION', direction: 'ASC' }, [1, 2, 3, 0, 4]],
    [{ field: 'DURATION', direction: 'DESC' }, [0, 1, 2, 3, 4]],
    [{ field: 'START_TIME', direction: 'DESC' }, [3, 2, 1, 0, 4]],
    [{ field: 'NODE_ID', direction: 'ASC' }, [1, 4, 0, 3, 2]],
    [{ field: 'NODE_ID', direction: 'DESC' }, [2, 0, 3, 1, 4]],
  ])('in order of %j are %j: ties in their own order, unknown values last', (order, indexes) => {
    expect(selectSteps(steps, null, order).map(({ index }) => index)).toEqual(indexes);
    expect(selectSteps(steps, {}, order).map(({ index }) => index)).toEqual(indexes);
  });

  it('that are slowest are as many as are asked for', () => {
    const nodesOf = (first: number) => slowestSteps(steps, first).map(({ index }) => index);
    expect([nodesOf(-1), nodesOf(1), nodesOf(10)]).toEqual([[], [0], [0, 1, 2, 3]]);
  });
});
