import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApolloLink, gql, type TypePolicies } from '@apollo/client';
import { ApolloProvider } from '@apollo/client/react';
import { createElement, type ReactNode } from 'react';
import { map } from 'rxjs';
import { createCache } from '../apollo/cache.ts';
import { createClient } from '../apollo/client.ts';
import { socketLink, streamLink } from '../apollo/live.ts';
import { pages } from '../apollo/pages.ts';
import { createPersistedClient } from '../apollo/persisted.ts';
import { repeatedIds } from '../apollo/repeated-ids.ts';
import { RUN, useRun } from '../apollo/useRun.ts';
import { useRuns } from '../apollo/useRuns.ts';
import { differentParts } from './different-parts.ts';
import { FINAL, followRun, LIVE_KEY, LIVE_RUN, RUN_KEY } from './live.ts';
import { startFinishedRun } from './finished-run.ts';
import { item, list, mount } from './mount.ts';
import { showPages, showRun } from './pages.ts';
import { render, SHOWN, SHOWN_RUN } from './render.ts';
import { REPEATING, startRepeatingIds } from './repeating-ids.ts';
import {
  EXAMPLES,
  ONE_FAILED,
  ONE_FAILS,
  withoutTypenames,
  recordWarnings,
  plain,
  recordRequests,
  schema,
  startGateway,
  VARIABLES,
} from './support.ts';

describe('Apollo Client', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let url: string;
  const sent = recordRequests();
  const printed = recordWarnings();

  before(async () => {
    gateway = await startGateway({ PERSISTED_OPERATIONS: 'allow' });
    url = `${gateway.url}/graphql`;
  });
  after(() => gateway.close());

  const withPolicies = (at: string, key: () => string, policies: TypePolicies) => {
    const cache = createCache();
    cache.policies.addTypePolicies(policies);
    return createClient(at, key, undefined, cache);
  };
  const RECIPES = {
    'the cache of the page': () => createClient(url, () => 'demo-key'),
    'keys for repeated ids': () => withPolicies(url, () => 'demo-key', repeatedIds),
    'lists by pages': () => withPolicies(url, () => 'demo-key', pages),
    'persisted operations': () => createPersistedClient(url, () => 'demo-key'),
  };

  for (const [recipe, create] of Object.entries(RECIPES)) {
    it(`The recipe returns the answer to every example operation unchanged from one cache, with ${recipe}`, async () => {
      const client = create();
      const answers = [];
      for (const { file, document, isMutation } of EXAMPLES) {
        if (isMutation) {
          const { data } = await client.mutate({ mutation: document, variables: VARIABLES });
          assert.deepEqual(plain(data), sent.at(-1)?.answer.data, file);
        } else {
          await client.query({ query: document, variables: VARIABLES });
          answers.push({ file, document, data: sent.at(-1)?.answer.data });
        }
      }
      for (const { file, document, data } of answers) {
        assert.deepEqual(plain(client.readQuery({ query: document, variables: VARIABLES })), data, file);
      }
    });
  }

  it('The recipe sends the text of an operation once, then its hash: queries with GET, mutations with POST', async () => {
    for (let round = 0; round < 2; round += 1) {
      const client = createPersistedClient(url, () => 'demo-key');
      for (const { document, isMutation } of EXAMPLES) {
        if (isMutation) await client.mutate({ mutation: document, variables: VARIABLES });
        else await client.query({ query: document, variables: VARIABLES, fetchPolicy: 'network-only' });
      }
    }
    const repeated = sent.slice(-EXAMPLES.length);
    assert.ok(repeated.every(({ params }) => params.query === undefined && params.extensions !== undefined));
    assert.deepEqual(
      repeated.map(({ method }) => method),
      EXAMPLES.map(({ isMutation }) => (isMutation ? 'POST' : 'GET')),
    );
  });

  const LINKS = { 'graphql-ws': socketLink, 'graphql-sse': streamLink };
  for (const [transport, createLink] of Object.entries(LINKS)) {
    it(`The recipe follows a live run over ${transport}, and writes each event to the cache`, async () => {
      const cache = createCache();
      await followRun((url, sink) => {
        const client = createClient(
          url,
          () => LIVE_KEY,
          createLink(url, () => LIVE_KEY),
          cache,
        );
        const events = client.subscribe({ query: gql(LIVE_RUN), variables: RUN_KEY });
        events.subscribe({ ...sink, next: ({ data }) => sink.next(data) });
      });
      const [run] = Object.values(cache.extract()).filter((entry) => entry?.['__typename'] === 'Run');
      assert.partialDeepStrictEqual(run, FINAL);
    });
  }

  describe('with an upstream that repeats ids', () => {
    let repeating: Awaited<ReturnType<typeof startRepeatingIds>>;
    before(async () => {
      repeating = await startRepeatingIds();
    });
    after(() => repeating.close());

    for (const [selection, document] of Object.entries(REPEATING)) {
      it(`The recipe returns the answer of the server unchanged, ${selection}`, async () => {
        const client = withPolicies(repeating.url, () => 'key-1', repeatedIds);
        await client.query({ query: gql(document) });
        assert.deepEqual(plain(client.readQuery({ query: gql(document) })), sent.at(-1)?.answer.data);
      });
    }
  });

  for (const { name, one, other } of differentParts(schema)) {
    it(`The recipe sends one request for each of two components that select different fields of ${name}`, async () => {
      const client = createClient(url, () => 'demo-key');
      const before = sent.length;
      const shown: { readonly complete: boolean }[] = [];
      for (const [index, query] of [one, other].entries()) {
        const asked = client.watchQuery({ query: gql(query) });
        await new Promise<void>((resolve) => {
          asked.subscribe(({ dataState, loading }) => {
            shown[index] = { complete: dataState === 'complete' };
            if (!loading) resolve();
          });
        });
      }
      await client.query({ query: gql('query Last { workflow(id: "last") { id } }') });
      assert.ok(sent.length - before <= 3, `${sent.length - before} requests`);
      assert.deepEqual(shown, [{ complete: true }, { complete: true }]);
      client.stop();
    });
  }

  it('The recipe rejects a result with an error, or keeps its data, as the error policy says', async () => {
    const client = createClient(url, () => 'demo-key');
    const query = { query: gql(ONE_FAILS) };
    await assert.rejects(client.query(query), /Not found upstream/);
    const { data, error } = await client.query({ ...query, errorPolicy: 'all' });
    assert.deepEqual(withoutTypenames(data), ONE_FAILED);
    assert.match(String(error), /Not found upstream/);
  });

  it('The recipe shows a run with the hook of the docs', async () => {
    const client = createClient(url, () => 'demo-key');
    const before = sent.length;
    await client.query({ query: RUN, variables: SHOWN_RUN });
    const within = (children: ReactNode) => createElement(ApolloProvider, { client, children });
    assert.partialDeepStrictEqual(plain(render(within, () => useRun(SHOWN_RUN))), { run: SHOWN });
    assert.equal(sent.length - before, 1);
  });

  for (const errorPolicy of ['none', 'all'] as const) {
    it(`follows a run with a failing field in few operations, with errorPolicy ${errorPolicy}`, async () => {
      const failing = await startFinishedRun();
      const client = createClient(failing.url, () => 'key-1');
      // A field that only the query selects.
      const oneFails = new ApolloLink((operation, forward) =>
        forward(operation).pipe(
          map((result) =>
            operation.operationType === 'query' ? { ...result, errors: [{ message: 'failed' }] } : result,
          ),
        ),
      );
      client.setLink(oneFails.concat(client.link));
      const within = (children: ReactNode) => createElement(ApolloProvider, { client, children });
      const shown = mount(within, () => {
        const { run, error } = useRun(failing.run, errorPolicy);
        return list([item('run', `${run?.status} ${error ? 'with' : 'without'} error`)], null);
      });
      try {
        await shown.until(([text]) => text?.endsWith('with error') === true);
        // A loop would send hundreds meanwhile.
        for (let round = 0; round < 50; round += 1) await failing.roundTrip();
        assert.ok(failing.operations() <= 5, `${failing.operations()} operations`);
      } finally {
        shown.unmount();
        client.stop();
        await failing.close();
      }
    });
  }

  it('The recipe shows a list by pages, and fetches it again when a live run is over', async () => {
    const last = await showPages(
      (at) => {
        const client = withPolicies(at, () => 'key-1', pages);
        return (children) => createElement(ApolloProvider, { client, children });
      },
      (run) => {
        useRun(run);
        const { runs, loadMore } = useRuns(run.workflowId);
        return list(runs.map(showRun), loadMore);
      },
    );
    assert.equal(last.length, 20);
  });

  it('No test prints a warning', () => {
    assert.deepEqual(printed, []);
  });
});
