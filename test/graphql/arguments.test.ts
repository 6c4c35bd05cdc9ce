/** Arguments that are rejected, with each bound. */
import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ofRun, ofWorkflow } from '../harness/operations.ts';
import { healthy } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';

const ids = (count: number) => `[${'"a", '.repeat(count)}]`;
const LATE = 'startedAfter: "2025-01-02T00:00:00Z", startedBefore: "2025-01-01T00:00:00Z"';
const blankText = (name: string, got: string) =>
  `filter.${name} must have 1 to 1000 characters that are not all blank, got ${got}. Omit it for all runs.`;
const start = (inputs: string) => `mutation { executeWorkflow(workflowId: "wf", inputs: ${inputs}) { message } }`;

describe('an argument', () => {
  const gateway = perBlock(
    new TestGateway({
      script: (call) =>
        call.endpoint === 'runs' ? { json: [wireRun('failed', { status: 'failed' })] } : healthy(call),
    }),
  );
  const { upstream } = gateway;

  async function expectRefused(message: string, query: string) {
    const { errors } = await gateway.query(query);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  }

  it.each([
    ['first must be from 1 to 100, got 0.', ofWorkflow('runs(first: 0) { nodes { id } }')],
    ['first must be from 1 to 100, got 101.', ofWorkflow('runs(first: 101) { nodes { id } }')],
    ['first must be from 1 to 100, got 0.', '{ workflows(first: 0) { totalCount } }'],
    ['first must be from 1 to 100, got 101.', '{ recentRuns(first: 101) { nodes { id } } }'],
    ['first must be from 1 to 100, got 101.', '{ overdueRuns(first: 101) { id } }'],
    ['workflowIds must have at most 100 ids, got 101.', `{ recentRuns(workflowIds: ${ids(101)}) { nodes { id } } }`],
    ['workflowIds must have at most 100 ids, got 101.', `{ failureGroups(workflowIds: ${ids(101)}) { runsExamined } }`],
    ['ids must have at most 100 ids, got 101.', ofWorkflow(`runsById(ids: ${ids(101)}) { id }`)],
    ['last must be from 1 to 1000, got 0.', ofWorkflow('statistics(last: 0) { runCount }')],
    ['last must be from 1 to 1000, got 1001.', ofWorkflow('trend(last: 1001) { runCount }')],
    ['last must be from 1 to 1000, got 0.', ofWorkflow('changePoints(last: 0) { runsExamined }')],
    ['last must be from 1 to 1000, got 1001.', ofWorkflow('changePoints(last: 1001) { runsExamined }')],
    ['last must be from 1 to 1000, got 0.', '{ failureGroups(last: 0) { runsExamined } }'],
    ['last must be from 1 to 1000, got 1001.', '{ failureGroups(last: 1001) { runsExamined } }'],
    ['buckets must be from 1 to 100, got 0.', ofWorkflow('trend(buckets: 0) { runCount }')],
    ['buckets must be from 1 to 100, got 101.', ofWorkflow('trend(buckets: 101) { runCount }')],
    [
      'timeZone must be an IANA time zone such as "America/New_York", got "Mars/Olympus".',
      ofWorkflow('trend(interval: DAY, timeZone: "Mars/Olympus") { runCount }'),
    ],
    [
      'startedAfter must not be later than startedBefore, got 2025-01-02T00:00:00Z and 2025-01-01T00:00:00Z.',
      ofWorkflow(`runs(filter: { ${LATE} }) { nodes { id } }`),
    ],
    [blankText('error', 'an empty string'), ofWorkflow('runs(filter: { error: "" }) { nodes { id } }')],
    [blankText('search', 'only blanks'), ofWorkflow(String.raw`runs(filter: { search: " \t\n" }) { nodes { id } }`)],
    [
      blankText('error', '1001 characters'),
      `{ recentRuns(workflowIds: ["a"], filter: { error: "${'x'.repeat(1001)}" }) { nodes { id } } }`,
    ],
    [
      'search must have at most 1000 characters, got 1001.',
      `{ workflows(search: "${'x'.repeat(1001)}") { totalCount } }`,
    ],
    ['inputs must be an object, got a list.', start('[1, 2]')],
    ['inputs must be an object, got a string.', start('"order"')],
    ['inputs must be an object, got a number.', start('7')],
  ])('is rejected before any call: %s', async (message, query) => {
    await expectRefused(message, query);
    expect(upstream.calls).toEqual([]);
  });

  it.each([
    ['first must be from 1 to 100, got 0.', ofRun('failedSteps(first: 0) { id }')],
    ['first must be from 1 to 100, got 101.', ofRun('failedSteps(first: 101) { id }')],
    ['first must be from 1 to 100, got 0.', ofRun('slowestSteps(first: 0) { id }')],
    ['first must be from 1 to 100, got 101.', ofWorkflow('failureGroups { nodes { runs(first: 101) { id } } }')],
  ])('is rejected on a field below a list or run: %s', expectRefused);
});
