import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const STEPS = 1000;
const RUNNING = 20;
/** The first poll may be as late as this. */
const POLL_MS = 10_000;
/** The gateway's default LIVE_TTL_MS: no more events than one in this time. */
const SECONDS_PER_EVENT = 2;
const SECONDS_PER_FIGURES = 10;
const MOST_BYTES_PER_SECOND = 30_000;

const ids = Array.from({ length: STEPS + 200 }, () => randomUUID());

await describeInBrowser('a live run of a thousand steps', (browser) => {
  let clock: ManualClock;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  /** How many steps have finished. */
  let finished = STEPS - RUNNING;
  let isOver = false;

  const at = (ms: number): string => new Date(Date.parse('2026-11-24T11:00:00Z') + ms).toISOString();

  function steps(): Wire[] {
    return Array.from({ length: finished + (isOver ? 0 : RUNNING) }, (_, index) =>
      wireStep({
        id: ids[index],
        // A later execution would make good for a failure.
        node_id: index === STEPS + 3 ? 'fragile' : `node_${index % 40}`,
        outputs: null,
        start_time: at(index * 900),
        ...(index < finished
          ? { end_time: at(index * 900 + 800), elapsed_time: 0 }
          : { status: 'running', end_time: null, elapsed_time: 0 }),
        ...(index === STEPS + 3 && { status: 'failed', error: 'It broke while somebody watched' }),
      }),
    );
  }

  beforeAll(async () => {
    clock = createManualClock();
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: steps() };
      const state = isOver ? { status: 'failed' } : { status: 'running', end_time: null };
      if (endpoint === 'run') return { json: [wireRun(runId, { start_time: at(0), all_outputs: null, ...state })] };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: clock.now, after: clock.after });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** What has come over the wire, by what it answers. */
  async function countBytes(page: Page) {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const kinds = new Map<string, string>();
    const bytes = { events: 0, answers: 0 };
    session.on('Network.requestWillBeSent', ({ requestId, request }) => {
      kinds.set(requestId, request.url.endsWith('/graphql/stream') ? 'events' : 'answers');
    });
    session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
      bytes[kinds.get(requestId) === 'events' ? 'events' : 'answers'] += encodedDataLength;
    });
    return bytes;
  }

  /** Right edges of the bars that run, and the line of now. */
  const RUNNING_EDGES = `(() => {
    const path = document.querySelector('.status-running .bars').getAttribute('d');
    const edges = [...path.matchAll(/M([-\\d.]+) [-\\d.]+h([\\d.]+)/g)].map(([, x, width]) => Number(x) + Number(width));
    return [Math.max(...edges), Number(document.querySelector('line.now').getAttribute('x1'))];
  })()`;

  it('brings a viewer what changed and no more, with bars that end at now', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const bytes = await countBytes(page);
    await page.goto(`${gateway.url}/workflows/wf/runs/r1?rows=packed`);
    await page.getByRole('listbox', { name: /^1000 steps/ }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await clock.timers(2);

    const events: number[] = [];
    const answersBefore = bytes.answers;
    for (let event = 1; event <= 6; event += 1) {
      const before = bytes.events;
      finished += 10;
      clock.advance(POLL_MS);
      await page.getByRole('listbox', { name: new RegExp(`^${finished + RUNNING} steps`) }).waitFor();
      events.push(bytes.events - before);
      const [edge, now] = await page.evaluate<readonly [number, number]>(RUNNING_EDGES);
      expect(edge).toBeLessThanOrEqual(now + 1);
    }
    // What an event does not bring is asked for: the error at once, figures every ten seconds.
    await page.getByText('It broke while somebody watched').waitFor();
    const answers = bytes.answers - answersBefore;
    const perSecond = Math.max(...events) / SECONDS_PER_EVENT + answers / SECONDS_PER_FIGURES;
    expect(perSecond).toBeLessThan(MOST_BYTES_PER_SECOND);

    // The end brings all of it once more.
    isOver = true;
    clock.advance(POLL_MS);
    await page.getByText('Final', { exact: true }).waitFor();
    await page.getByRole('listbox', { name: new RegExp(`^${finished} steps`) }).waitFor();
    await page.getByText('Slowest steps').waitFor();
    expect(await page.locator('line.now').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
