import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fetchIdOf, readFetchId } from '../../src/graphql/fetch-ids.ts';
import { problemOf } from '../../src/upstream/ids.ts';
import { anyCharacter } from '../harness/any-character.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { codesOf, ofRun, ofWorkflow } from '../harness/operations.ts';

describe('the fields that Relay uses to refetch', () => {
  const gateway = perTest(new TestGateway());
  const { upstream } = gateway;
  const fetchRun = (fetchId: string, fields: string) =>
    gateway.query(`query ($id: ID!) { fetch__Run(fetchId: $id) { ${fields} } }`, { variables: { id: fetchId } });

  it('return the same run as `run`, and workflow as `workflow`', async () => {
    const fields = 'id workflowId fetchId status totalElapsedTime workflow { id name }';
    const { run } = (await gateway.query(ofRun(fields))).data as { run: { fetchId: string } };
    expect((await fetchRun(run.fetchId, fields)).data).toEqual({ fetch__Run: run });
    const { workflow } = (await gateway.query(ofWorkflow('id name'))).data as { workflow: object };
    const again = await gateway.query('{ fetch__Workflow(id: "wf") { id name } }');
    expect(again.data).toEqual({ fetch__Workflow: workflow });
  });

  it('reject a string that is not a `fetchId` without an upstream call', async () => {
    const texts = ['', 'run-1', '[]', fetchIdOf({ workflowId: 'wf', runId: '..' }), 'x'.repeat(100_000)];
    for (const text of texts) {
      const answer = await fetchRun(text, 'status');
      expect([answer.data, codesOf(answer)]).toEqual([{ fetch__Run: null }, ['BAD_USER_INPUT']]);
    }
    expect(upstream.calls).toEqual([]);
  });

  it('accept a `fetchId` of any two valid ids', () => {
    const ids = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 512 }).filter((id) => problemOf(id) === null);
    const longest = '"'.repeat(512);
    fc.assert(
      fc.property(ids, ids, (workflowId, runId) => {
        expect(readFetchId(fetchIdOf({ workflowId, runId }))).toEqual({ workflowId, runId });
      }),
      { examples: [[longest, longest]] },
    );
  });
});
