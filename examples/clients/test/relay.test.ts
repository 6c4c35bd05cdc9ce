import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createElement, type ReactNode } from 'react';
import { RelayEnvironmentProvider, useLazyLoadQuery } from 'react-relay';
import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  requestSubscription,
  type ConcreteRequest,
  type Environment,
  type OperationDescriptor,
  type OperationType,
  type Variables,
} from 'relay-runtime';
import { createEnvironment } from '../relay/environment.ts';
import { repeatedIds } from '../relay/keys.ts';
import { overSockets, overStreams } from '../relay/live.ts';
import { useInputs } from '../relay/useInputs.ts';
import { RUN, useRun } from '../relay/useRun.ts';
import { useRuns } from '../relay/useRuns.ts';
import { differentParts } from './different-parts.ts';
import { FINAL, followRun, LIVE_KEY, RUN_KEY } from './live.ts';
import { LIVE_RUN_KEY, startLiveHistory } from './live-history.ts';
import { item, list, mount } from './mount.ts';
import { showPages, showRun } from './pages.ts';
import { render, SHOWN, SHOWN_RUN } from './render.ts';
import { startRepeatingIds } from './repeating-ids.ts';
import {
  EXAMPLES,
  ONE_FAILED,
  moduleOf,
  plain,
  recordRequests,
  recordWarnings,
  schema,
  startGateway,
  VARIABLES,
} from './support.ts';

/** The compiled form of a test operation: see relay/generate.ts. */
async function compiled(name: string, folder = 'operations/__generated__'): Promise<ConcreteRequest> {
  const path = `./relay/${folder}/${name}.graphql.ts`;
  return ((await import(path)) as { default: ConcreteRequest }).default;
}

const fetch = (environment: Environment, request: ConcreteRequest, variables: Variables) =>
  fetchQuery<OperationType>(environment, request, variables).toPromise();

/** Retains the data of an operation in the store, as a mounted component does. */
function retain(environment: Environment, request: ConcreteRequest, variables: Variables): OperationDescriptor {
  const operation = createOperationDescriptor(request, variables);
  environment.retain(operation);
  return operation;
}

function read(environment: Environment, operation: OperationDescriptor): unknown {
  const { data, isMissingData } = environment.lookup(operation.fragment);
  assert.equal(isMissingData, false);
  return plain(data);
}

/** The selected part of an answer: the compiler adds ids. */
function selected(answer: unknown, data: unknown): unknown {
  if (Array.isArray(answer)) {
    return answer.map((item, index) => selected(item, Array.isArray(data) ? data[index] : undefined));
  }
  if (typeof answer !== 'object' || answer === null || typeof data !== 'object' || data === null) return answer;
  const names = new Set(Object.keys(data));
  return Object.fromEntries(
    Object.entries(answer).flatMap(([name, value]) =>
      names.has(name) ? [[name, selected(value, Reflect.get(data, name))]] : [],
    ),
  );
}

const within = (environment: Environment) => (children: ReactNode) =>
  createElement(RelayEnvironmentProvider, { environment, children });

describe('Relay', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let url: string;
  const sent = recordRequests();
  const printed = recordWarnings();

  before(async () => {
    gateway = await startGateway();
    url = `${gateway.url}/graphql`;
  });
  after(() => gateway.close());

  const RECIPES = {
    'ids by type': () => createEnvironment(url, () => 'demo-key'),
    'keys for repeated ids': () => createEnvironment(url, () => 'demo-key', undefined, repeatedIds),
  };
  for (const [recipe, create] of Object.entries(RECIPES)) {
    it(`The recipe returns the answer to every example operation unchanged from one store, with ${recipe}`, async () => {
      const environment = create();
      const answers = [];
      for (const { file, isMutation } of EXAMPLES) {
        const request = await compiled(`${moduleOf(file)}${isMutation ? 'Mutation' : 'Query'}`);
        if (isMutation) {
          const data = await new Promise((onCompleted, onError) => {
            commitMutation(environment, { mutation: request, variables: VARIABLES, onCompleted, onError });
          });
          assert.deepEqual(plain(data), selected(sent.at(-1)?.answer.data, data), file);
        } else {
          const operation = retain(environment, request, VARIABLES);
          await fetch(environment, request, VARIABLES);
          answers.push({ file, operation, data: sent.at(-1)?.answer.data });
        }
      }
      for (const { file, operation, data } of answers) {
        const cached = read(environment, operation);
        assert.deepEqual(cached, selected(data, cached), file);
        assert.notDeepEqual(cached, {}, file);
      }
    });
  }

  for (const [transport, live] of Object.entries({ 'graphql-ws': overSockets, 'graphql-sse': overStreams })) {
    it(`The recipe follows a live run over ${transport}, and writes each event to the store`, async () => {
      const [subscription, query] = [await compiled('LiveRunSubscription'), await compiled('RunQuery')];
      let environment: Environment | undefined;
      await followRun((at, { next: onNext, error: onError, complete: onCompleted }) => {
        environment = createEnvironment(
          at,
          () => LIVE_KEY,
          live(at, () => LIVE_KEY),
        );
        retain(environment, query, RUN_KEY);
        void fetch(environment, query, RUN_KEY).then(() => undefined);
        requestSubscription(environment, { subscription, variables: RUN_KEY, onNext, onError, onCompleted });
      });
      assert.ok(environment);
      const cached = read(environment, createOperationDescriptor(query, RUN_KEY));
      assert.partialDeepStrictEqual(cached, { run: FINAL });
    });
  }

  it('The recipe sends the id of every operation to a gateway that only accepts persisted operations', async () => {
    const manifest = fileURLToPath(new URL('relay/persisted/operations.json', import.meta.url));
    const strict = { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: manifest };
    const safelisted = await startGateway(strict);
    const environment = createEnvironment(`${safelisted.url}/graphql`, () => 'demo-key');
    for (const { file, isMutation } of EXAMPLES) {
      const request = await compiled(`${moduleOf(file)}${isMutation ? 'Mutation' : 'Query'}`, 'persisted');
      await (isMutation
        ? new Promise((onCompleted, onError) =>
            commitMutation(environment, { mutation: request, variables: VARIABLES, onCompleted, onError }),
          )
        : fetch(environment, request, VARIABLES));
      assert.deepEqual(Object.keys(sent.at(-1)?.params ?? {}), ['documentId', 'variables']);
    }
    await safelisted.close();
    const subscription = await compiled('LiveRunSubscription', 'persisted');
    for (const live of [overSockets, overStreams]) {
      await followRun((at, { next: onNext, error: onError, complete: onCompleted }) => {
        const environment = createEnvironment(
          at,
          () => LIVE_KEY,
          live(at, () => LIVE_KEY),
        );
        requestSubscription(environment, { subscription, variables: RUN_KEY, onNext, onError, onCompleted });
      }, strict);
    }
  });

  it('The recipe reads a failed field as null or as an error, or throws, as the query says', async () => {
    const environment = createEnvironment(url, () => 'demo-key');
    const show = async (name: string) => {
      const request = await compiled(name);
      retain(environment, request, {});
      await fetch(environment, request, {});
      const read = () => useLazyLoadQuery<OperationType>(request, {}, { fetchPolicy: 'store-only' });
      return plain(render(within(environment), read));
    };
    assert.deepEqual(await show('OneFailsQuery'), ONE_FAILED);
    assert.deepEqual(await show('ErrorIgnoredQuery'), { run: null });
    const failed = { ok: false, errors: [{ extensions: { code: 'NOT_FOUND' } }] };
    assert.partialDeepStrictEqual(await show('ErrorCaughtQuery'), { run: failed });
    await assert.rejects(show('ErrorThrownQuery'), /Unexpected response payload/);
  });

  it('The recipe shows a run with the hook of the docs', async () => {
    const environment = createEnvironment(url, () => 'demo-key');
    const before = sent.length;
    await fetchQuery<OperationType>(environment, RUN, SHOWN_RUN).toPromise();
    assert.partialDeepStrictEqual(
      render(within(environment), () => useRun(SHOWN_RUN)),
      SHOWN,
    );
    assert.equal(sent.length - before, 1);
  });

  it('The recipe shows a list by pages, and fetches it again when a live run is over', async () => {
    const last = await showPages(
      (at) => within(createEnvironment(at, () => 'key-1')),
      (run) => {
        useRun(run);
        const { runs, loadMore } = useRuns(run.workflowId);
        return list(runs.map(showRun), loadMore);
      },
    );
    assert.equal(last.length, 20);
  });

  it('The recipe refetches a fragment on Run with another argument, by its `fetchId`', async () => {
    const history = await startLiveHistory();
    const shown = mount(within(createEnvironment(history.url, () => 'key-1')), () => {
      const { inputs, select } = useInputs(LIVE_RUN_KEY);
      return list([item('inputs', JSON.stringify(inputs))], () => select('order'));
    });
    await shown.until(([inputs]) => inputs === '{"order":7}');
    shown.click();
    await shown.until(([inputs]) => inputs === '7');
    assert.match(sent.at(-1)?.params.query ?? '', /fetch__Run\(fetchId: \$id\)/);
    shown.unmount();
    await history.close();
  });

  describe('with an upstream that repeats ids', () => {
    let repeating: Awaited<ReturnType<typeof startRepeatingIds>>;
    before(async () => {
      repeating = await startRepeatingIds();
    });
    after(() => repeating.close());

    for (const name of ['WholeKeys', 'IdsAlone', 'WithoutKeys']) {
      it(`The recipe returns the answer of the server unchanged: ${name}`, async () => {
        const environment = createEnvironment(repeating.url, () => 'key-1', undefined, repeatedIds);
        const request = await compiled(`${name}Query`);
        const operation = retain(environment, request, {});
        await fetch(environment, request, {});
        const cached = read(environment, operation);
        assert.deepEqual(cached, selected(sent.at(-1)?.answer.data, cached));
      });
    }
  });

  for (const [index, { name }] of differentParts(schema).entries()) {
    it(`The recipe keeps the fields of one component when another selects different fields of ${name}`, async () => {
      const environment = createEnvironment(url, () => 'demo-key');
      const operations = [];
      for (const module of [`One${index}`, `Other${index}`]) {
        const request = await compiled(`${module}Query`);
        operations.push(retain(environment, request, {}));
        await fetch(environment, request, {});
        const { data } = sent.at(-1)?.answer ?? {};
        const cached = read(environment, operations.at(-1) ?? assert.fail());
        assert.deepEqual(cached, selected(data, cached));
      }
      for (const operation of operations) assert.equal(environment.check(operation).status, 'available');
    });
  }

  it('No test prints a warning', () => {
    assert.deepEqual(printed, []);
  });
});
