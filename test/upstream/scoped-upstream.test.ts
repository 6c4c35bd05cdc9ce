import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { UpstreamApi } from '../../src/upstream/client.ts';
import { readWorkflows } from '../../src/upstream/contract.ts';
import { createScopedUpstream } from '../../src/upstream/scoped-upstream.ts';
import type { Scope } from '../../src/upstream/scope.ts';
import { stepFacts } from '../support/facts.ts';
import { gatewayErrorOf } from '../support/rejection.ts';
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

const IDS = ['w1', 'w2', 'w3', 'unlisted'];
const organizations = fc.constantFrom(null, 'org-a', 'org-b');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const scopes: fc.Arbitrary<Scope | null> = optional(
  fc.record({
    organizationId: organizations,
    workflowIds: optional(fc.subarray(IDS).map((ids) => new Set(ids))),
  }),
);
const upstreams = fc.record({
  /** Of the first workflows, in order. */
  ofWorkflows: fc.array(organizations, { maxLength: 3 }),
  ofSteps: fc.array(organizations, { maxLength: 3 }),
});

describe('a scope', () => {
  it('shows what its organization and its list of workflows both allow; the rest is NOT_FOUND, without a call', async () => {
    await fc.assert(
      fc.asyncProperty(upstreams, scopes, async ({ ofWorkflows, ofSteps }, scope) => {
        const workflows = readWorkflows(
          textOf(ofWorkflows.map((organization_id, at) => wireWorkflow(IDS[at] ?? '', { organization_id }))),
        );
        const steps = ofSteps.map((organizationId) => stepFacts({ organizationId }));
        const asked: string[] = [];
        const answer = <T>(workflowId: string, value: T) => {
          asked.push(workflowId);
          return Promise.resolve({ value, sizeBytes: 0 });
        };
        const upstream = createScopedUpstream(
          {
            listWorkflows: () => Promise.resolve({ value: workflows, sizeBytes: 0 }),
            listSteps: ({ workflowId }) => answer(workflowId, steps),
            getRun: ({ workflowId }) => answer(workflowId, null),
            listRuns: ({ workflowId }) => answer(workflowId, []),
            async execute(workflowId) {
              await answer(workflowId, null);
              return { runId: 'new', message: null };
            },
            close: () => undefined,
          },
          () => 0,
        );
        const call = { credential: 'key', requestId: 'r', scope, signal: new AbortController().signal };
        const isAllowed = (id: string, organizationId: string | null) =>
          !scope ||
          ((scope.workflowIds?.has(id) ?? true) &&
            (scope.organizationId === null || scope.organizationId === organizationId));
        const organizationOf = (id: string) => ofWorkflows[IDS.indexOf(id)] ?? null;

        const { value } = await upstream.listWorkflows(call);
        expect(value.map(({ id }) => id)).toEqual(
          workflows.map(({ id }) => id).filter((id) => isAllowed(id, organizationOf(id))),
        );
        const own = scope?.organizationId ?? null;
        const areStepsOfAnother =
          own !== null && ofSteps.some((organization) => organization !== null && organization !== own);
        for (const workflowId of IDS) {
          const ref = { workflowId, runId: 'r1' };
          const calls: readonly (() => Promise<unknown>)[] = [
            () => upstream.getRun(ref, call),
            () => upstream.listRuns({ workflowId, offset: 0, limit: 1 }, call),
            () => upstream.execute(workflowId, {}, call),
            () => upstream.listSteps(ref, call),
          ];
          for (const [at, make] of calls.entries()) {
            asked.length = 0;
            const mayCall = isAllowed(workflowId, organizationOf(workflowId));
            const isShown = mayCall && !(at === 3 && areStepsOfAnother);
            if (isShown) await make();
            else
              expect(await gatewayErrorOf(make())).toMatchObject({
                code: 'NOT_FOUND',
                details: { upstreamStatus: 404 },
              });
            expect(asked).toEqual(mayCall ? [workflowId] : []);
          }
        }
      }),
    );
  });
});
