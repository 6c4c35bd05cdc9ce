import { describe, expect, it, jest } from '@jest/globals';
import type { UpstreamApi } from '../../src/upstream/client.ts';
import { readWorkflows } from '../../src/upstream/contract.ts';
import { createScopedUpstream } from '../../src/upstream/scoped-upstream.ts';
import { wireWorkflow } from '../support/scripted-history.ts';
import { textOf } from '../support/wire.ts';

/** An eighth of what is kept, by the texts alone. */
const MANY = readWorkflows(textOf(Array.from({ length: 1000 }, (_, id) => wireWorkflow(`${'w'.repeat(500)}-${id}`))));
const notAsked = () => Promise.reject(new Error('it was not to be called'));

describe('the organizations of workflows, which narrowed scopes look up', () => {
  it('are kept for the credentials that asked last, within a bound of bytes', async () => {
    const listWorkflows = jest.fn<UpstreamApi['listWorkflows']>(() => Promise.resolve({ value: MANY, sizeBytes: 0 }));
    const upstream = createScopedUpstream(
      {
        listWorkflows,
        getRun: () => Promise.resolve({ value: null, sizeBytes: 0 }),
        listSteps: notAsked,
        listRuns: notAsked,
        execute: notAsked,
        close: () => undefined,
      },
      () => 0,
    );
    const readsOf = async (credential: string): Promise<number> => {
      listWorkflows.mockClear();
      const { signal } = new AbortController();
      const scope = { organizationId: MANY[0]?.organizationId ?? '', workflowIds: null };
      const ref = { workflowId: MANY[0]?.id ?? '', runId: 'r1' };
      await upstream.getRun(ref, { credential, requestId: 'r', scope, signal });
      return listWorkflows.mock.calls.length;
    };
    expect(await readsOf('first')).toBe(1);
    expect(await readsOf('first')).toBe(0);
    for (let index = 0; index < 10; index += 1) expect(await readsOf(`other-${index}`)).toBe(1);
    expect(await readsOf('other-9')).toBe(0);
    expect(await readsOf('first')).toBe(1);
  });
});
