import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createElement, type ReactNode } from 'react';
import { Provider, type Client } from 'urql';
import { pipe, subscribe } from 'wonka';
import { createClient } from '../urql/client.ts';
import { socketExchange, streamExchange } from '../urql/live.ts';
import { createPersistedClient } from '../urql/persisted.ts';
import { Runs } from '../urql/Runs.ts';
import { createCacheForRepeatedIds } from '../urql/repeated-ids.ts';
import { RUN as HOOK_RUN, useRun } from '../urql/useRun.ts';
import { differentParts } from './different-parts.ts';
import { FINAL, followRun, LIVE_KEY, LIVE_RUN, RUN, RUN_KEY, type Sink } from './live.ts';
import { showPages, showRun } from './pages.ts';
import { render, SHOWN, SHOWN_RUN } from './render.ts';
import { REPEATING, startRepeatingIds } from './repeating-ids.ts';
import {
  EXAMPLES,
  ONE_FAILED,
  ONE_FAILS,
  plain,
  recordRequests,
  recordWarnings,
  schema,
  startGateway,
  VARIABLES,
  withoutTypenames,
} from './support.ts';

describe('urql with graphcache', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let url: string;
  const sent = recordRequests();
  const printed = recordWarnings();

  before(async () => {
    gateway = await startGateway({ PERSISTED_OPERATIONS: 'allow' });
    url = `${gateway.url}/graphql`;
  });
  after(() => gateway.close());

  const RECIPES = {
    'the cache of the page': () => createClient(url, () => 'demo-key'),
    'keys for repeated ids': () => createClient(url, () => 'demo-key', undefined, createCacheForRepeatedIds()),
    'persisted operations': () => createPersistedClient(url, () => 'demo-key'),
  };

  for (const [recipe, create] of Object.entries(RECIPES)) {
    it(`The recipe returns the answer to every example operation unchanged from one cache, with ${recipe}`, async () => {
      const client = create();
      const answers = [];
      // A start of a run invalidates all queries.
      const mutationsFirst = EXAMPLES.toSorted((one, other) => Number(other.isMutation) - Number(one.isMutation));
      for (const { file, text, isMutation } of mutationsFirst) {
        if (isMutation) {
          const { data } = await client.mutation(text, VARIABLES).toPromise();
          assert.deepEqual(plain(data), withoutTypenames(sent.at(-1)?.answer.data), file);
        } else {
          await client.query(text, VARIABLES, { requestPolicy: 'network-only' }).toPromise();
          answers.push({ file, text, data: sent.at(-1)?.answer.data });
        }
      }
      for (const { file, text, data } of answers) {
        const cached = await client.query(text, VARIABLES, { requestPolicy: 'cache-only' }).toPromise();
        assert.deepEqual(plain(cached.data), withoutTypenames(data), file);
      }
    });
  }

  it('The recipe fetches a list again after a run was started', async () => {
    const client = createClient(url, () => 'demo-key');
    const list = '{ workflow(id: "quick-answer") { id runs { nodes { id } } } }';
    const read = async (requestPolicy: 'network-only' | 'cache-only') =>
      (await client.query(list, {}, { requestPolicy }).toPromise()).data != null;
    assert.deepEqual([await read('network-only'), await read('cache-only')], [true, true]);
    await client.mutation('mutation { executeWorkflow(workflowId: "quick-answer") { message } }', {}).toPromise();
    assert.equal(await read('cache-only'), false);
  });

  it('The recipe sends the text of an operation once, then its hash: queries with GET, mutations with POST', async () => {
    for (let round = 0; round < 2; round += 1) {
      const client = createPersistedClient(url, () => 'demo-key');
      for (const { text, isMutation } of EXAMPLES) {
        if (isMutation) await client.mutation(text, VARIABLES).toPromise();
        else await client.query(text, VARIABLES, { requestPolicy: 'network-only' }).toPromise();
      }
    }
    const repeated = sent.slice(-EXAMPLES.length);
    assert.ok(repeated.every(({ params }) => params.query === undefined && params.extensions !== undefined));
    assert.deepEqual(
      repeated.map(({ method }) => method),
      EXAMPLES.map(({ isMutation }) => (isMutation ? 'POST' : 'GET')),
    );
  });

  const TRANSPORTS = { 'graphql-ws': socketExchange, 'graphql-sse': streamExchange };
  for (const [transport, createExchange] of Object.entries(TRANSPORTS)) {
    it(`The recipe follows a live run over ${transport}, and writes each event to the cache`, async () => {
      let cached: unknown;
      await followRun((at, sink) => {
        const client = createClient(
          at,
          () => LIVE_KEY,
          createExchange(at, () => LIVE_KEY),
        );
        watch(client, sink);
        watchCache(client, (data) => (cached = data));
      });
      assert.partialDeepStrictEqual(cached, { run: FINAL });
    });
  }

  function watch(client: Client, sink: Sink): void {
    pipe(
      client.subscription(LIVE_RUN, RUN_KEY),
      subscribe(({ data, error, hasNext }) => {
        if (error) sink.error(error);
        else if (data !== undefined && hasNext) sink.next(data);
        else sink.complete();
      }),
    );
  }

  function watchCache(client: Client, take: (data: unknown) => void): void {
    pipe(
      client.query(RUN, RUN_KEY, { requestPolicy: 'cache-first' }),
      subscribe(({ data }) => {
        take(plain(data));
      }),
    );
  }

  describe('with an upstream that repeats ids', () => {
    let repeating: Awaited<ReturnType<typeof startRepeatingIds>>;
    before(async () => {
      repeating = await startRepeatingIds();
    });
    after(() => repeating.close());

    // graphcache reads the names in the answer, so no other field may have the name of a key as its alias.
    const { 'with aliases': aliased, ...others } = REPEATING;
    it('The recipe does not throw if another field has the name of a key', async () => {
      const client = createClient(repeating.url, () => 'key-1', undefined, createCacheForRepeatedIds());
      const { error } = await client.query(aliased, {}).toPromise();
      assert.equal(error, undefined);
    });

    for (const [selection, document] of Object.entries(others)) {
      it(`The recipe returns the answer of the server unchanged, ${selection}`, async () => {
        const client = createClient(repeating.url, () => 'key-1', undefined, createCacheForRepeatedIds());
        await client.query(document, {}).toPromise();
        const cached = await client.query(document, {}, { requestPolicy: 'cache-only' }).toPromise();
        assert.deepEqual(plain(cached.data), withoutTypenames(sent.at(-1)?.answer.data));
      });
    }
  });

  for (const { name, one, other } of differentParts(schema)) {
    it(`The recipe sends one request for each of two components that select different fields of ${name}`, async () => {
      const client = createClient(url, () => 'demo-key');
      const before = sent.length;
      const shown: unknown[] = [];
      for (const [index, query] of [one, other].entries()) {
        await new Promise<void>((resolve) => {
          pipe(
            client.query(query, {}),
            subscribe(({ data, stale }) => {
              shown[index] = { complete: data != null, stale };
              if (!stale) resolve();
            }),
          );
        });
      }
      await client.query('query Last { workflow(id: "last") { id } }', {}).toPromise();
      assert.ok(sent.length - before <= 3, `${sent.length - before} requests`);
      const complete = { complete: true, stale: false };
      assert.deepEqual(shown, [complete, complete]);
    });
  }

  it('The recipe keeps the data of a result with an error', async () => {
    const { data, error } = await createClient(url, () => 'demo-key')
      .query(ONE_FAILS, {})
      .toPromise();
    assert.deepEqual(plain(data), ONE_FAILED);
    assert.equal(error?.graphQLErrors[0]?.extensions['code'], 'NOT_FOUND');
    const allFailed = await createClient(url, () => 'demo-key')
      .query(RUN, { ...SHOWN_RUN, id: 'none' })
      .toPromise();
    assert.equal(allFailed.data, null);
    assert.equal(allFailed.error?.graphQLErrors[0]?.extensions['code'], 'NOT_FOUND');
  });

  it('The recipe shows a run with the hook of the docs', async () => {
    const client = createClient(url, () => 'demo-key');
    const before = sent.length;
    await client.query(HOOK_RUN, SHOWN_RUN).toPromise();
    const within = (children: ReactNode) => createElement(Provider, { value: client, children });
    assert.partialDeepStrictEqual(plain(render(within, () => useRun(SHOWN_RUN))), { run: SHOWN });
    assert.equal(sent.length - before, 1);
  });

  it('The recipe shows a list by pages, and fetches it again when a live run is over', async () => {
    const last = await showPages(
      (at) => {
        const client = createClient(at, () => 'key-1');
        return (children) => createElement(Provider, { value: client, children });
      },
      (run) => {
        useRun(run);
        return createElement(Runs, { workflowId: run.workflowId, show: showRun });
      },
    );
    assert.equal(last.length, 25);
  });

  it('No test prints a warning', () => {
    assert.deepEqual(printed, []);
  });
});
