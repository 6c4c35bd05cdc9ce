import { describe, expect, it } from '@jest/globals';
import { healthy, startFaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { scrape } from '../harness/observed.ts';

const CONCURRENCY = 4;

describe('a workflow whose upstream calls fail', () => {
  let sickReply: () => Reply | Promise<Reply>;
  const upstream = perTest(() =>
    startFaultyUpstream((call) => (call.workflowId === 'sick' ? sickReply() : healthy(call))),
  );
  const gateway = perTest(() =>
    startGateway({
      UPSTREAM_URL: upstream.url,
      UPSTREAM_ENDPOINTS: 'steps',
      UPSTREAM_CONCURRENCY: String(CONCURRENCY),
    }),
  );

  let runs = 0;
  /** Each question is about another run. */
  const ask = async (workflowId: string) => {
    runs += 1;
    const { errors } = await gateway.query(`{ run(workflowId: "${workflowId}", id: "${runs}") { totalElapsedTime } }`);
    return errors[0]?.extensions.code ?? 'answered';
  };
  const several = (workflowId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => ask(workflowId)));

  const queued = async () => (await scrape(gateway.url)).value('stepgate_upstream_calls_queued');

  it('A failing workflow does not affect another one, and is no longer called in the end', async () => {
    sickReply = () => ({ status: 500 });
    for (let round = 0; round < 10; round += 1) {
      const [sick, fine] = await Promise.all([several('sick', 8), several('fine', 2)]);
      expect({ round, fine }).toEqual({ round, fine: ['answered', 'answered'] });
      expect(new Set(sick)).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
    }
    // One trial call may be due.
    const calls = upstream.calls.length;
    expect(await ask('sick')).toBe('UPSTREAM_UNAVAILABLE');
    expect(upstream.calls.length - calls).toBeLessThanOrEqual(1);
    expect(calls).toBeLessThan(10 * 10);
  });

  it('A hanging workflow does not keep all slots: the next free slot goes to another workflow', async () => {
    // A key that has not been accepted yet has few slots.
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
});
