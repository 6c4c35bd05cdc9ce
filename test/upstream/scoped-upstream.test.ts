import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { UPSTREAM_ENDPOINTS } from '../../src/config/config.ts';
import { createUpstreamClient, type UpstreamAnswer, type UpstreamApi } from '../../src/upstream/client.ts';
import { createScopedUpstream } from '../../src/upstream/scoped-upstream.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { Scope } from '../../src/upstream/scope.ts';
import { stepFacts } from '../support/facts.ts';
import { startFaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { gatewayErrorOf } from '../support/rejection.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { answerOf, readWorkflows } from '../support/read-wire.ts';

/** An eighth of what is kept, by the texts alone. */
const MANY = readWorkflows(answerOf(Array.from({ length: 1000 }, (_, id) => wireWorkflow(`${'w'.repeat(500)}-${id}`))));
const STALE_IF_ERROR_MS = 300_000;
const notAsked = () => Promise.reject(new Error('it was not to be called'));

/** A scoped upstream whose other calls answer nothing. `list` answers the list of workflows. */
function scoped(list: UpstreamApi['listWorkflows'], now = () => 0) {
  const listWorkflows = jest.fn(list);
  const close = jest.fn();
  const getRun = jest.fn(() => Promise.resolve({ value: null, sizeBytes: 0 }));
  const others = { listSteps: notAsked, listRuns: notAsked, execute: notAsked };
  const upstream = createScopedUpstream({ listWorkflows, getRun, close, ...others }, STALE_IF_ERROR_MS, now);
  const controller = new AbortController();
  return {
    upstream,
    listWorkflows,
    getRun,
    close,
    controller,
    /** Asks for a run of a workflow within the scope of an organization. */
    ask: (credential: string, workflowId: string, organizationId = 'org-1') =>
      upstream.getRun(
        { workflowId, runId: 'r1' },
        {
          credential,
          viewerId: 'viewer',
          requestId: 'r',
          scope: { organizationId, workflowIds: null },
          signal: controller.signal,
        },
      ),
  };
}

const listOf = (...ids: readonly string[]) => readWorkflows(answerOf(ids.map((id) => wireWorkflow(id))));

describe('the organizations of workflows, which narrowed scopes look up', () => {
  it.each([
    ['ids', MANY],
    ['ids without an organization', MANY.map((workflow) => ({ ...workflow, organizationId: null }))],
    [
      'organizations',
      readWorkflows(
        answerOf(Array.from({ length: 1000 }, (_, id) => wireWorkflow(`w${id}`, { organization_id: 'o'.repeat(500) }))),
      ),
    ],
  ])('are kept for the credentials that asked last, within a bound of bytes: long %s', async (_, many) => {
    const { ask, listWorkflows } = scoped(() => Promise.resolve({ value: many, sizeBytes: 0 }));
    const readsOf = async (credential: string): Promise<number> => {
      listWorkflows.mockClear();
      // What has no organization is in no scope, which does not matter here.
      await ask(credential, many[0]?.id ?? '', many[0]?.organizationId ?? 'org-1').catch(() => null);
      return listWorkflows.mock.calls.length;
    };
    expect(await readsOf('first')).toBe(1);
    expect(await readsOf('first')).toBe(0);
    for (let index = 0; index < 10; index += 1) expect(await readsOf(`other-${index}`)).toBe(1);
    expect(await readsOf('other-9')).toBe(0);
    expect(await readsOf('first')).toBe(1);
  });

  it('are read with the credential, without a scope, and also if the client that asked first has left', async () => {
    const { ask, listWorkflows, controller } = scoped(() => Promise.resolve({ value: listOf('w'), sizeBytes: 0 }));
    await ask('key', 'w');
    const [[options] = []] = listWorkflows.mock.calls;
    expect(options).toMatchObject({ credential: 'key', requestId: 'r', scope: null });
    controller.abort();
    expect(options?.signal.aborted).toBe(false);
  });

  it('are read again after a minute; after a second for a workflow that they do not list', async () => {
    let [time, ids] = [0, ['w']];
    const { ask, listWorkflows } = scoped(
      () => Promise.resolve({ value: listOf(...ids), sizeBytes: 0 }),
      () => time,
    );
    const reads = () => listWorkflows.mock.calls.length;
    await ask('key', 'w');
    time = 59_999;
    await ask('key', 'w');
    expect(reads()).toBe(1);
    time = 60_000;
    await ask('key', 'w');
    expect(reads()).toBe(2);
    ids = ['w', 'made'];
    time += 999;
    await gatewayErrorOf(ask('key', 'made'));
    expect(reads()).toBe(2);
    time += 1;
    await ask('key', 'made');
    expect(reads()).toBe(3);
  });

  it('are read again at once where they could not be read, by whoever asks next', async () => {
    const outage = new GatewayError('UPSTREAM_TIMEOUT', 'no answer');
    const { ask, listWorkflows } = scoped(() => Promise.reject(outage));
    for (const times of [1, 2]) {
      expect(await gatewayErrorOf(ask('key', 'w'))).toBe(outage);
      expect(listWorkflows).toHaveBeenCalledTimes(times);
    }
    listWorkflows.mockImplementation(() => Promise.resolve({ value: listOf('w'), sizeBytes: 0 }));
    await ask('key', 'w');
    await ask('key', 'w');
    expect(listWorkflows).toHaveBeenCalledTimes(3);
  });

  it.each(['is under way', 'has failed'])(
    'are those of before while the call that reads them again %s',
    async (state) => {
      let time = 0;
      const { ask, listWorkflows } = scoped(
        () => Promise.resolve({ value: listOf('w'), sizeBytes: 0 }),
        () => time,
      );
      await ask('key', 'w');
      time = 2000;
      const again = Promise.withResolvers<never>();
      listWorkflows.mockImplementation(() => again.promise);
      // Whoever asks for what is not listed waits for the list. Nobody else needs it.
      const unlisted = gatewayErrorOf(ask('key', 'made-up'));
      await nextTurn();
      expect(listWorkflows).toHaveBeenCalledTimes(2);
      const outage = new GatewayError('UPSTREAM_TIMEOUT', 'no answer');
      if (state === 'has failed') {
        again.reject(outage);
        await unlisted;
      }
      const known = ask('key', 'w').then(() => 'answered');
      expect(await Promise.race([known, nextTurn('waits')])).toBe('answered');
      again.reject(outage);
      expect(await unlisted).toBe(outage);
      expect(listWorkflows).toHaveBeenCalledTimes(2);
    },
  );

  describe('which can not be read again', () => {
    const outage = new GatewayError('UPSTREAM_TIMEOUT', 'no answer');
    const STALE_AT = 60_000 + STALE_IF_ERROR_MS;
    let time: number;
    let listing: ReturnType<typeof scoped>;
    const reads = () => listing.listWorkflows.mock.calls.length;
    const isHidden = async (asked: Promise<unknown>) => (await gatewayErrorOf(asked)).code === 'NOT_FOUND';
    beforeEach(async () => {
      time = 0;
      listing = scoped(
        () => Promise.resolve({ value: listOf('w'), sizeBytes: 0 }),
        () => time,
      );
      await listing.ask('key', 'w');
    });

    it('are those of before for what these have, as long as stale data is served, and read once a second', async () => {
      const { ask, listWorkflows } = listing;
      listWorkflows.mockImplementation(() => Promise.reject(outage));
      for (time = 60_000; time < STALE_AT; time += 500) {
        await ask('key', 'w');
        expect(await isHidden(ask('key', 'w', 'org-2'))).toBe(true);
      }
      expect(reads()).toBe(1 + STALE_IF_ERROR_MS / 1000);
      expect(await gatewayErrorOf(ask('key', 'unlisted'))).toBe(outage);
      time = STALE_AT;
      expect(await gatewayErrorOf(ask('key', 'w'))).toBe(outage);
    });

    it('hold up who asks first, and once a call has failed nobody, however long the next one takes', async () => {
      const { ask, listWorkflows } = listing;
      const first = Promise.withResolvers<never>();
      listWorkflows.mockImplementation(() => first.promise);
      time = 60_000;
      const waiting = ask('key', 'w').then(() => 'waits');
      expect(await Promise.race([waiting, ask('key', 'w').then(() => 'answered')])).toBe('answered');
      first.reject(outage);
      await waiting;
      listWorkflows.mockImplementation(() => new Promise(() => undefined));
      time = 200_000;
      await ask('key', 'w');
      expect(reads()).toBe(3);
    });

    it('hold up all where they are older than two minutes and no call has failed: they may long have changed', async () => {
      const { ask, listWorkflows } = listing;
      const again = Promise.withResolvers<UpstreamAnswer<ReturnType<typeof listOf>>>();
      listWorkflows.mockImplementation(() => again.promise);
      time = 120_000;
      const asked = [ask('key', 'w'), ask('key', 'w')].map(isHidden);
      again.resolve({ value: [], sizeBytes: 0 });
      expect(await Promise.all(asked)).toEqual([true, true]);
      expect(reads()).toBe(2);
    });

    it.each(['UNAUTHENTICATED', 'FORBIDDEN', 'UPSTREAM_CONTRACT_VIOLATION'] as const)(
      'for another reason than an outage are not those of before: %s',
      async (code) => {
        const { ask, listWorkflows } = listing;
        const error = new GatewayError(code, 'no');
        listWorkflows.mockImplementation(() => Promise.reject(error));
        time = 60_000;
        expect(await gatewayErrorOf(ask('key', 'w'))).toBe(error);
      },
    );

    it('are forgotten where the key is denied them', async () => {
      const { ask, listWorkflows } = listing;
      const denial = new GatewayError('FORBIDDEN', 'no');
      listWorkflows.mockImplementation(() => Promise.reject(denial));
      time = 59_000;
      expect(await gatewayErrorOf(ask('key', 'unlisted'))).toBe(denial);
      expect(await gatewayErrorOf(ask('key', 'w'))).toBe(denial);
    });
  });

  it.each(['answered', 'failed'])('are those of the last call, also where one before it is %s later', async (how) => {
    let time = 0;
    const calls: PromiseWithResolvers<UpstreamAnswer<ReturnType<typeof listOf>>>[] = [];
    const { ask } = scoped(
      () => {
        const call = Promise.withResolvers<UpstreamAnswer<ReturnType<typeof listOf>>>();
        calls.push(call);
        return call.promise;
      },
      () => time,
    );
    const first = ask('key', 'w').catch(() => null);
    time = 60_000;
    const second = ask('key', 'w');
    const answer = { value: listOf('w'), sizeBytes: 0 };
    calls[1]?.resolve(answer);
    await second;
    if (how === 'answered') calls[0]?.resolve(answer);
    else calls[0]?.reject(new GatewayError('UPSTREAM_TIMEOUT', 'no answer'));
    await first;
    await ask('key', 'w');
    expect(calls).toHaveLength(2);
  });

  it('do not wait behind the calls of the viewer who asks for them first', async () => {
    const release = Promise.withResolvers<Reply>();
    const server = await startFaultyUpstream(({ endpoint }) =>
      endpoint === 'workflows' ? { json: [wireWorkflow('w')] } : release.promise,
    );
    const client = createUpstreamClient({
      baseUrl: `${server.url}/`,
      endpoints: new Set(UPSTREAM_ENDPOINTS),
      ...{ timeoutMs: 10_000, concurrency: 1, maxResponseBytes: 65_536 },
    });
    const upstream = createScopedUpstream(client, STALE_IF_ERROR_MS, () => 0);
    const ask = (viewerId: string, workflowId: string, scope: Scope | null) => {
      const { signal } = new AbortController();
      return upstream.getRun(
        { workflowId, runId: 'r1' },
        { credential: 'key', viewerId, requestId: 'r', scope, signal },
      );
    };
    try {
      const first = server.nextCall();
      const calls = ['slow-1', 'slow-2', 'slow-3'].map((workflowId) => ask('busy', workflowId, null));
      await first;
      for (const viewerId of ['busy', 'other'])
        calls.push(ask(viewerId, 'w', { organizationId: 'org-1', workflowIds: null }));
      release.resolve({ json: [] });
      await Promise.all(calls);
      expect(server.calls[1]?.endpoint).toBe('workflows');
    } finally {
      upstream.close();
      await server.close();
    }
  });

  it('are read in a queue of each credential, which does not tell it', async () => {
    const { ask, listWorkflows } = scoped(() => Promise.resolve({ value: listOf('w'), sizeBytes: 0 }));
    for (const credential of ['key-1', 'key-2']) await ask(credential, 'w');
    const queues = listWorkflows.mock.calls.map(([{ viewerId }]) => viewerId);
    expect(new Set(queues).size).toBe(2);
    expect(queues.join()).not.toContain('key-');
  });

  it('are not looked up for an id that can not be asked for', async () => {
    const { ask, listWorkflows, upstream, close } = scoped(notAsked);
    expect(await gatewayErrorOf(ask('key', '..'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(listWorkflows).not.toHaveBeenCalled();
    upstream.close();
    expect(close).toHaveBeenCalledTimes(1);
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
          answerOf(ofWorkflows.map((organization_id, at) => wireWorkflow(IDS[at] ?? '', { organization_id }))),
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
          STALE_IF_ERROR_MS,
          () => 0,
        );
        const call = {
          credential: 'key',
          viewerId: 'viewer',
          requestId: 'r',
          scope,
          signal: new AbortController().signal,
        };
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
