import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { postTo, SAMPLE, startGateway, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { rowsOf, scrape, wordsIn } from '../harness/observed.ts';
import { healthy } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
const MOBILE = { 'apollographql-client-name': 'mobile', 'apollographql-client-version': '1.2.0' };
const ask = async (url: string, id: string, headers: Readonly<Record<string, string>>): Promise<void> => {
  await (await postTo(url, { query: `{ run(workflowId: "wf", id: "${id}") { status } }` }, { headers })).text();
};
const clientsOf = async (url: string) => (await scrape(url)).counts('stepgate_client_operations_total');
const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';

describe('the metrics', () => {
  const gateway = perTest(new TestGateway());
  const { upstream } = gateway;
  const live = perTest(new LiveRun());

  it('count fetched, hit and response, and time only executed operations', async () => {
    for (const cache of ['fetched', 'hit', 'response', 'response']) {
      const before = await scrape(gateway.url);
      await gateway.query(RUN);
      const after = await scrape(gateway.url);
      const rise = after.value('stepgate_operation_cache_total', { cache });
      expect(rise - before.value('stepgate_operation_cache_total', { cache })).toBe(1);
    }
    const figures = await scrape(gateway.url);
    expect(figures.counts('stepgate_operations_total')).toEqual({ 'http query ok': 4 });
    expect(figures.counts('stepgate_operation_cache_total')).toEqual({ fetched: 1, hit: 1, response: 2 });
    expect(figures.counts('stepgate_upstream_calls_total')).toEqual({ 'run ok': 1 });
    expect(figures.value('stepgate_operation_duration_seconds_count', { transport: 'http' })).toBe(2);
    expect(figures.value('stepgate_upstream_call_duration_seconds_count', { endpoint: 'run' })).toBe(1);
    expect(figures.value('stepgate_cache_bytes')).toBe(gateway.cachedBytes());
    expect(figures.value('stepgate_upstream_breaker', { state: 'closed' })).toBe(1);
  });

  it('count failed operations and calls by outcome and error code', async () => {
    await gateway.query('{ nothing }');
    await gateway.query('{');
    await gateway.query(RUN, { key: null });
    await gateway.query('{ run(workflowId: "wf", id: "..") { status } }');
    upstream.script = () => ({ status: 500 });
    await gateway.query(RUN);
    upstream.script = () => ({ raw: 'no JSON' });
    await gateway.query('{ run(workflowId: "wf", id: "r2") { status } }');
    await postTo(gateway.url, '{');

    const figures = await scrape(gateway.url);
    expect(figures.counts('stepgate_operation_errors_total')).toEqual({
      GRAPHQL_VALIDATION_FAILED: 1,
      GRAPHQL_PARSE_FAILED: 1,
      UNAUTHENTICATED: 1,
      BAD_USER_INPUT: 1,
      UPSTREAM_UNAVAILABLE: 1,
      UPSTREAM_CONTRACT_VIOLATION: 1,
      BAD_REQUEST: 1,
    });
    expect(figures.counts('stepgate_operations_total')).toEqual({
      'http unknown client_error': 3,
      'http query client_error': 2,
      'http query upstream_error': 2,
    });
    expect(figures.counts('stepgate_upstream_calls_total')).toEqual({
      'run UPSTREAM_UNAVAILABLE': 1,
      'run UPSTREAM_CONTRACT_VIOLATION': 1,
    });
  });

  it('count operations served from stale data', async () => {
    await live.gateway.query(RUN);
    live.clock.advance(60_000);
    live.reply = { status: 500 };
    expect((await live.gateway.query(RUN)).errors).toEqual([]);
    const figures = await scrape(live.gateway.url);
    expect(figures.counts('stepgate_operation_cache_total')).toEqual({ fetched: 1, stale: 1 });
  });

  it('are computed at most once a second', async () => {
    const clock = createManualClock();
    await gateway.restart({ clock, scrapedMs: undefined });
    const url = gateway.url;
    const first = await scrape(url);
    await gateway.query('{ nothing }');
    clock.advance(999);
    for (const { text } of await Promise.all([scrape(url), scrape(url)])) expect(text).toBe(first.text);
    clock.advance(1);
    expect((await scrape(url)).counts('stepgate_operation_errors_total')).toEqual({ GRAPHQL_VALIDATION_FAILED: 1 });
  });

  it('show the upstream calls in progress and in the queue', async () => {
    await gateway.restart({ env: { UPSTREAM_CONCURRENCY: '1' } });
    // An unaccepted key waits in another queue.
    await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
    const release = upstream.holdCalls();
    const arrived = upstream.nextCall();
    const ids = ['a', 'b', 'c'];
    const answer = gateway.query(
      `{ ${ids.map((id) => `${id}: run(workflowId: "wf", id: "${id}") { status }`).join()} }`,
    );
    await arrived;
    const figures = await scrape(gateway.url);
    expect(figures.value('stepgate_upstream_calls_in_use')).toBe(1);
    expect(figures.value('stepgate_upstream_calls_queued')).toBe(2);
    release();
    await answer;
    expect((await scrape(gateway.url)).value('stepgate_upstream_calls_in_use')).toBe(0);
  });

  it('show the open breaker, and half open during a trial', async () => {
    upstream.script = () => ({ status: 500 });
    const ids = Array.from({ length: 100 }, (_, index) => `r${index}`);
    await gateway.query(`{ workflow(id: "wf") { runsById(ids: ${JSON.stringify(ids)}) { status } } }`);
    const states = async () => (await scrape(gateway.url)).counts('stepgate_upstream_breaker');
    expect(await states()).toEqual({ open: 1 });
    const tried = upstream.nextCall();
    upstream.script = healthy;
    const release = upstream.holdCalls();
    const isTried = tried.then(() => true);
    let answer = Promise.resolve<unknown>(null);
    do answer = gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
    while (!(await Promise.race([isTried, answer.then(() => false)])));
    expect(await states()).toEqual({ half_open: 1 });
    release();
    await answer;
    expect(await states()).toEqual({ closed: 1 });
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])(
    'count subscribers over %s, and one poller for all',
    async (transport) => {
      const clients = await Promise.all([1, 2].map(() => subscribe(transport, live.gateway.url, WATCH)));
      for (const client of clients) await client.nextData();
      const watching = await scrape(live.gateway.url);
      expect(watching.counts('stepgate_subscribers')).toEqual({ [transport]: 2 });
      expect(watching.value('stepgate_pollers')).toBe(1);

      await live.feeds(1);
      live.status = 'completed';
      live.clock.advance(5000);
      for (const client of clients) {
        await client.nextData();
        expect(await client.next()).toEqual({ type: 'complete' });
      }
      const over = await scrape(live.gateway.url);
      expect(over.counts('stepgate_subscribers')).toEqual({});
      expect(over.value('stepgate_pollers')).toBe(0);
      expect(over.counts('stepgate_operations_total')).toEqual({ [`${transport} subscription ok`]: 2 });
      expect(over.counts('stepgate_operation_duration_seconds_count')).toEqual({});
    },
  );

  it('count the first 100 client names and versions that called upstream', async () => {
    await gateway.restart({ env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '10000' } });
    await ask(gateway.url, 'made-up', { ...MOBILE, authorization: '' });
    await ask(gateway.url, 'made-up', { ...MOBILE, 'apollographql-client-version': 'ä'.repeat(101) });
    expect(await clientsOf(gateway.url)).toEqual({ 'OTHER OTHER client_error': 1, 'mobile unknown ok': 1 });
    for (let version = 1; version <= 150; version += 1) {
      await ask(gateway.url, `r${version}`, { 'graphql-client-name': 'web', 'graphql-client-version': `${version}` });
    }
    const counted = await clientsOf(gateway.url);
    expect(counted).toMatchObject({ 'web 1 ok': 1, 'web 99 ok': 1, 'OTHER OTHER ok': 51 });
    expect(Object.keys(counted)).toHaveLength(102);
    // The second is a response cache hit.
    for (let time = 0; time < 2; time += 1) await ask(gateway.url, 'r1', MOBILE);
    expect(await clientsOf(gateway.url)).toMatchObject({ 'OTHER OTHER ok': 53 });
  });

  it('are exactly the documented ones, with the same labels', async () => {
    await ask(gateway.url, 'r1', MOBILE);
    upstream.script = () => ({ status: 500 });
    await gateway.query('{ run(workflowId: "wf", id: "r2") { status } }');
    upstream.script = () => ({ json: [wireRun('r3', { start_time: 'never' })] });
    await gateway.query('{ run(workflowId: "wf", id: "r3") { status } }');
    const figures = await scrape(gateway.url);
    const rows = rowsOf('Metrics').filter(([, , meaning]) => meaning !== undefined);
    const own = [...figures.names].filter((name) => !/^(?:process_|nodejs_(?!.*_total$))/.test(name));
    expect(own.sort()).toEqual(rows.flatMap(([names]) => wordsIn(names)).sort());
    for (const [names, labels] of rows) {
      const [name = ''] = wordsIn(names);
      const sample = figures.samples.find((sample) => [name, `${name}_sum`].includes(sample.name));
      expect({ name, labels: Object.keys(sample?.labels ?? {}) }).toEqual({ name, labels: wordsIn(labels) });
    }
  });

  it('are separate for each gateway', async () => {
    await gateway.query(RUN);
    const another = await startGateway({ upstream: SAMPLE });
    expect((await scrape(another.url)).counts('stepgate_operations_total')).toEqual({});
    await another.close();
  });
});
