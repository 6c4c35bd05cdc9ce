import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { healthy, startFaultyUpstream, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const CONCURRENCY = 4;

describe('a sick workflow takes no other along', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let sickReply: () => Reply | Promise<Reply>;

  beforeEach(async () => {
    upstream = await startFaultyUpstream((call) => (call.workflowId === 'sick' ? sickReply() : healthy(call)));
    const { url } = upstream;
    const env = { UPSTREAM_URL: url, UPSTREAM_ENDPOINTS: 'steps', UPSTREAM_CONCURRENCY: String(CONCURRENCY) };
    gateway = await startGateway(env);
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  let runs = 0;
  /** Of a run that nobody has asked for. */
  const ask = async (workflowId: string) => {
    runs += 1;
    const { errors } = await gateway.query(`{ run(workflowId: "${workflowId}", id: "${runs}") { totalElapsedTime } }`);
    return errors[0]?.extensions.code ?? 'answered';
  };
  const several = (workflowId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => ask(workflowId)));

  async function queued(): Promise<number> {
    const metrics = await fetch(`${gateway.url}/metrics`);
    return Number(/^stepgate_upstream_calls_queued (\d+)$/m.exec(await metrics.text())?.[1]);
  }

  it('where its calls fail, and is spared in the end', async () => {
    sickReply = () => ({ status: 500 });
    for (let round = 0; round < 10; round += 1) {
      const [sick, fine] = await Promise.all([several('sick', 8), several('fine', 2)]);
      expect({ round, fine }).toEqual({ round, fine: ['answered', 'answered'] });
      expect(new Set(sick)).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
    }
    // A trial call may have been due.
    const calls = upstream.calls.length;
    expect(await ask('sick')).toBe('UPSTREAM_UNAVAILABLE');
    expect(upstream.calls.length - calls).toBeLessThanOrEqual(1);
    expect(calls).toBeLessThan(10 * 10);
  });

  it('where its calls take all slots: the next that is free goes to another', async () => {
    // A key that is not accepted yet has few slots.
    await ask('fine');
    const replies: ((reply: Reply) => void)[] = [];
    sickReply = () =>
      new Promise((resolve) => {
        replies.push(resolve);
      });
    const sick = several('sick', 3 * CONCURRENCY);
    while ((await queued()) < 2 * CONCURRENCY);
    const fine = ask('fine');
    while ((await queued()) < 2 * CONCURRENCY + 1);
    const next = upstream.nextCall();
    replies.pop()?.({ status: 500 });
    expect((await next).workflowId).toBe('fine');
    expect(await fine).toBe('answered');
    sickReply = () => ({ status: 500 });
    for (const reply of replies) reply({ status: 500 });
    await sick;
  });

  it('where its calls fail, and very many ids are made up in between: it is spared all the same', async () => {
    sickReply = () => ({ status: 500 });
    const madeUp = (round: number) => {
      const runs = Array.from(
        { length: 50 },
        (_, at) => `a${at}: run(workflowId: "${round}-${at}", id: "1") { totalElapsedTime }`,
      );
      return gateway.query(`{ ${runs.join(' ')} }`);
    };
    await ask('fine');
    for (let round = 0; round < 10; round += 1) await Promise.all([several('sick', 8), ask('fine')]);
    for (let round = 0; round < 24; round += 1) expect((await madeUp(round)).errors).toEqual([]);
    const isSick = ({ workflowId }: { readonly workflowId: string }) => workflowId === 'sick';
    const before = upstream.calls.filter(isSick).length;
    await several('sick', 20);
    // One is a trial call, or few.
    expect(upstream.calls.filter(isSick).length - before).toBeLessThan(10);
  });
});
