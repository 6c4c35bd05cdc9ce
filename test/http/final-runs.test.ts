import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const FIELDS = 'status endedAt steps { status } freshness { isFinal }';
const SETTLE_MS = 30_000;

describe.each([
  ['with an end', true],
  ['without an end', false],
])('a run whose record is terminal, %s', (_, hasEnd) => {
  let run: LiveRun;
  let record: Wire;
  let step: Wire;
  let at: (ms: number) => string;

  beforeEach(async () => {
    run = await startLiveRun();
    const startMs = run.clock.now();
    at = (ms) => new Date(startMs + ms).toISOString();
    record = { status: 'failed', start_time: at(-60_000), end_time: hasEnd ? at(0) : null };
    step = { status: 'running', start_time: at(-60_000), end_time: null, elapsed_time: 0 };
    run.upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, record)] : [wireStep(step)],
    });
  });
  afterEach(() => run.close());

  /** The engine closes the step after the record, and only then says when the run ended. */
  function close(): void {
    step = { ...step, status: 'failed', end_time: at(500) };
    record = { ...record, end_time: hasEnd ? at(0) : at(500) };
  }

  const answer = (status: string, isFinal: boolean, endedAt = hasEnd ? at(0) : null) => ({
    status: 'FAILED',
    endedAt,
    steps: [{ status }],
    freshness: { isFinal },
  });
  const closed = () => answer('FAILED', true, hasEnd ? at(0) : at(500));

  async function ask() {
    const { data, errors } = await run.gateway.query(`{ run(workflowId: "wf", id: "r1") { ${FIELDS} } }`);
    expect(errors).toEqual([]);
    return (data as { readonly run: unknown }).run;
  }

  it('is not final while a step runs, and shows the end of a step that is closed after the record', async () => {
    expect(await ask()).toEqual(answer('RUNNING', false));
    run.clock.advance(1000);
    expect(await ask()).toEqual(answer('RUNNING', false));
    close();
    run.clock.advance(1000);
    expect(await ask()).toMatchObject({ steps: [{ status: 'FAILED' }] });
    // A record that has only now named its end may be newer than steps of the same moment.
    run.clock.advance(1000);
    expect(await ask()).toEqual(closed());
    const calls = run.upstream.calls.length;
    run.clock.advance(100_000);
    expect(await ask()).toEqual(closed());
    expect(run.upstream.calls).toHaveLength(calls);
  });

  it('is final with a step left running only after SETTLE_MS without a change', async () => {
    for (const waitMs of [1000, SETTLE_MS - 1001]) {
      expect(await ask()).toEqual(answer('RUNNING', false));
      run.clock.advance(waitMs);
    }
    expect(await ask()).toEqual(answer('RUNNING', false));
    run.clock.advance(1000);
    expect(await ask()).toEqual(answer('RUNNING', true));
    const calls = run.upstream.calls.length;
    run.clock.advance(100_000);
    expect(await ask()).toEqual(answer('RUNNING', true));
    expect(run.upstream.calls).toHaveLength(calls);
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])(
    'is watched over %s until its last step is closed',
    async (transport) => {
      const query = `subscription { runUpdated(workflowId: "wf", id: "r1") { ${FIELDS} } }`;
      const client = await subscribe(transport, run.gateway.url, query, {});
      expect(await client.nextData()).toEqual({ runUpdated: answer('RUNNING', false) });
      await run.feeds(1);
      await run.poll();
      close();
      await run.poll(hasEnd ? 0 : 1);
      if (!hasEnd) {
        expect(await client.nextData()).toEqual({ runUpdated: answer('FAILED', false, at(500)) });
        await run.poll(0);
      }
      expect(await client.nextData()).toEqual({ runUpdated: closed() });
      expect(await client.next()).toEqual({ type: 'complete' });
      client.cut();
    },
  );
});
