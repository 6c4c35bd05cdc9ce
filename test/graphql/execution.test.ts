import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { healthy, type Reply } from '../harness/upstream.ts';

const EXECUTE = `mutation Execute($inputs: JSON) {
  executeWorkflow(workflowId: "wf", inputs: $inputs) { message run { id status stepCounts { total } } }
}`;
const STARTED: Reply = { json: { message: 'Workflow execution started', run_id: 'new-run' } };

describe('executeWorkflow', () => {
  const gateway = perTest(
    new TestGateway({
      script: (call) => (call.endpoint === 'execute' ? STARTED : healthy(call)),
      env: { UPSTREAM_TIMEOUT_MS: '2000' },
    }),
  );
  const { upstream } = gateway;

  const execute = (inputs?: unknown) => gateway.query(EXECUTE, { variables: { inputs } });

  it('sends the inputs once, with the key, and returns the run', async () => {
    const { data, errors } = await execute({ order: 7 });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      executeWorkflow: {
        message: 'Workflow execution started',
        run: { id: 'new-run', status: 'COMPLETED', stepCounts: { total: 1 } },
      },
    });
    const [post, ...others] = upstream.calls.filter(({ endpoint }) => endpoint === 'execute');
    expect(others).toEqual([]);
    expect(post).toMatchObject({ workflowId: 'wf', key: 'key-1', body: '{"order":7}' });
  });

  it('sends an empty object without inputs', async () => {
    await execute();
    expect(upstream.calls[0]?.body).toBe('{}');
  });

  it('returns an UNKNOWN run until the upstream lists it', async () => {
    upstream.script = ({ endpoint }) => (endpoint === 'execute' ? STARTED : { status: 404 });
    const { data, errors } = await execute();
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      executeWorkflow: { run: { id: 'new-run', status: 'UNKNOWN', stepCounts: { total: 0 } } },
    });
  });

  it('sends one POST if the upstream does not respond in time', async () => {
    upstream.script = ({ cut }) => cut.then(() => ({}));
    const { errors } = await execute();
    expect(errors).toMatchObject([
      { extensions: { code: 'UPSTREAM_TIMEOUT', retryable: false, outcomeIsUnknown: true } },
    ]);
    expect(upstream.count('execute')).toBe(1);
  });
});
