import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';

const QUERY = `query ($workflowId: ID!, $runId: ID!) {
  run(workflowId: $workflowId, id: $runId) { upstreamUrl workflow { upstreamUrl } }
}`;

describe("the URLs of the upstream's web UI", () => {
  const upstream = perBlock(new ScriptedUpstream(({ runId }) => ({ json: [wireRun(runId)] })));
  const start = (environment: Readonly<Record<string, string>>) =>
    perBlock(new TestGateway({ upstream, env: environment }));
  const linked = start({
    RUN_URL_TEMPLATE: 'https://app.example.com/w/{workflowId}?run={runId}#{runId}',
    WORKFLOW_URL_TEMPLATE: 'http://app.example.com/w/{workflowId}/',
  });
  const plain = start({});

  it.each([
    ['wf', 'r1', 'w/wf?run=r1#r1', 'w/wf/'],
    ['urn:a/b', 'a b&c=d#e', 'w/urn%3Aa%2Fb?run=a%20b%26c%3Dd%23e#a%20b%26c%3Dd%23e', 'w/urn%3Aa%2Fb/'],
    // An id may look like a placeholder, or like a pattern of a replacement.
    ['{runId}', "$&$'%", "w/%7BrunId%7D?run=%24%26%24'%25#%24%26%24'%25", 'w/%7BrunId%7D/'],
    ['größe', '1', 'w/gr%C3%B6%C3%9Fe?run=1#1', 'w/gr%C3%B6%C3%9Fe/'],
  ])('have percent-encoded ids: workflow %s and run %s', async (workflowId, runId, ofRun, ofWorkflow) => {
    const { data, errors } = await linked.query(QUERY, { variables: { workflowId, runId } });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      run: {
        upstreamUrl: `https://app.example.com/${ofRun}`,
        workflow: { upstreamUrl: `http://app.example.com/${ofWorkflow}` },
      },
    });
  });

  it('are null without their templates', async () => {
    const { data, errors } = await plain.query(QUERY, { variables: { workflowId: 'wf', runId: 'r1' } });
    expect(errors).toEqual([]);
    expect(data).toEqual({ run: { upstreamUrl: null, workflow: { upstreamUrl: null } } });
  });

  it('need no call for the name of the workflow', async () => {
    const before = upstream.calls.length;
    const { data } = await linked.query('{ workflow(id: "wf") { upstreamUrl } }', { key: 'another-key' });
    expect(data).toEqual({ workflow: { upstreamUrl: 'http://app.example.com/w/wf/' } });
    expect(upstream.calls.slice(before).map(({ endpoint }) => endpoint)).not.toContain('run');
  });
});
