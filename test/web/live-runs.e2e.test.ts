import { afterAll, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isFinal, isLive, operationOf, type Page, setHidden } from '../harness/browser.ts';
import { createManualClock } from '../harness/clock.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const REFUSAL = {
  contentType: 'application/graphql-response+json',
  body: JSON.stringify({ errors: [{ message: 'Too many', extensions: { code: 'RATE_LIMITED', retryable: true } }] }),
};

/** Poll interval of fields that grow with a run. */
const FIGURES_EVERY_MS = 10_000;
/** Poll interval of a run's status in a hidden tab. */
const ASK_HIDDEN_EVERY_MS = 30_000;

const at = (agoMs: number): string => new Date(Date.now() - agoMs).toISOString();
const [HOUR_AGO, START, MIDDLE, END] = [at(3_600_000), at(60_000), at(30_000), at(10_000)];
const EARLIER = wireStep({ id: 's0', node_id: 'earlier', start_time: at(90_000), end_time: START });
const over = new Set<string>();
/** Runs with a longer output, or with a step before the first step. */
const grown = new Set<string>();
const withEarlier = new Set<string>();

const script: Script = ({ endpoint, runId }) => {
  const isOver = over.has(runId) || runId === 'base';
  const outcome = runId.startsWith('failing') ? { status: 'failed', error: 'It broke' } : { status: 'completed' };
  const end = isOver ? { ...outcome, end_time: END } : { status: 'running', end_time: null };
  const start_time = runId === 'hour' ? HOUR_AGO : START;
  if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
  if (endpoint === 'run') {
    const outputs = isOver ? 'All of it' : null;
    return { json: [wireRun(runId, { start_time, all_outputs: null, outputs, ...end })] };
  }
  if (endpoint !== 'steps') return { status: 404, json: {} };
  const inputs = { model: 'm', messages: [{ role: 'user', content: 'Refund?' }] };
  const choices = [{ message: { role: 'assistant', content: 'The answer' }, finish_reason: 'stop' }];
  const text = isOver ? 'The whole output' : `The${grown.has(runId) ? ' whole' : ''}`;
  return {
    json: [
      ...(withEarlier.has(runId) ? [EARLIER] : []),
      wireStep({ id: 's1', node_id: 'first', start_time, end_time: MIDDLE }),
      wireStep({ id: 's2', start_time: MIDDLE, inputs, outputs: isOver ? { choices } : null, ...end }),
      wireStep({ id: 's3', node_id: 'partial', start_time: MIDDLE, outputs: { text }, ...end }),
    ],
  };
};

const gateway = await startGateway({ script, env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());

describeInBrowser('a live run', (open) => {
  const pathOf = (runId: string) => `${gateway.url}/workflows/wf/runs/${runId}`;

  /** Texts of each part of the page, before and after the end of the run. */
  const PARTS: Readonly<Record<string, readonly (readonly [string, string | RegExp, string | RegExp])[]>> = {
    'tab=payload&runSide=outputs&step=s2': [
      ['.run-payload', 'No outputs', 'All of it'],
      ['.conversation', 'not reported', 'The answer'],
    ],
    'tab=compare&with=base&node=partial&diff=outputs&step=s3&side=outputs': [
      ['.comparison .facts', 'Running', /^Completed$/],
      ['.compared-nodes', '"text": "The"', 'No difference'],
      ['.step-detail', '"The"', '"The whole output"'],
    ],
    'tab=graph&step=s1&side=inputs': [
      ['.graph-scroll', 'Running', 'Completed'],
      ['.step-detail', /^[345]\d%$/, '60%'],
    ],
  };

  it.each(Object.entries(PARTS))('shows its end without a reload: %s', async (search, parts) => {
    const runId = `run-${over.size}`;
    const page = await open({ key: 'key-1' });
    const shown = (place: string, text: string | RegExp) => page.locator(place).getByText(text).first();
    await page.goto(`${pathOf(runId)}?${search}`);
    await isLive(page);
    for (const [place, before] of parts) await shown(place, before).waitFor();
    expect(await page.title()).toBe(`Running · Workflow wf · ${runId} – Stepgate`);
    over.add(runId);
    await isFinal(page);
    // Announced to screen readers.
    await page.getByRole('status').getByText(`Completed · Workflow wf · ${runId} – Stepgate`).waitFor();
    for (const [place, before, after] of parts) {
      await shown(place, after).waitFor();
      await shown(place, before).waitFor({ state: 'detached' });
    }
  });

  it('reloads after its last responses fail, then shows the error and a button', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(pathOf('failing-later'));
    await isLive(page);
    await page.getByText('Slowest steps').waitFor();
    await page.route('**/graphql', (route) => route.fulfill({ status: 429, ...REFUSAL }));
    const refused = () => page.waitForResponse((response) => operationOf(response.request()) === 'Run');
    const first = refused();
    over.add('failing-later');
    await isFinal(page);
    await first;
    for (let again = 1; again <= 2; again += 1) {
      const next = refused();
      await page.clock.runFor(FIGURES_EVERY_MS);
      await next;
    }
    await page.getByRole('alert').getByText('RATE_LIMITED: Too many').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('list', { name: 'More failed steps' }).waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  /** Delays the next answer to an operation. `held` resolves when the gateway has answered, `release` when the page shows it. */
  async function holdBack(page: Page, name: string) {
    const [held, released] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
    let isHeld = false;
    await page.route('**/graphql', async (route) => {
      if (isHeld || operationOf(route.request()) !== name) return route.fallback();
      isHeld = true;
      const response = await route.fetch();
      held.resolve(null);
      await released.promise;
      return route.fulfill({ response });
    });
    return {
      held: held.promise,
      async release() {
        const answered = page.waitForResponse((response) => operationOf(response.request()) === name);
        released.resolve(null);
        await (await answered).finished();
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      },
    };
  }

  it('keeps the state of newer events when an older response arrives late', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(`${pathOf('late')}?tab=steps`);
    await isLive(page);
    const late = await holdBack(page, 'Run');
    // An earlier start of the timeline moves every step, so the page loads the whole run again.
    withEarlier.add('late');
    await late.held;
    over.add('late');
    const row = page.getByRole('row', { name: /model_1/ });
    await row.getByText('Completed').waitFor();
    await page.evaluate(`globalThis.seen = []; new MutationObserver(() => {
      seen.push(...[...document.querySelectorAll('[role=row]')].map((row) => row.textContent));
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
    const again = page.waitForResponse((response) => operationOf(response.request()) === 'Run');
    await late.release();
    await (await again).finished();
    await page.clock.runFor(FIGURES_EVERY_MS);
    await row.getByText('Completed').waitFor();
    // The step was not running again, not even for a moment.
    expect(await page.evaluate<boolean>('seen.some((text) => /model_1.*Running/.test(text))')).toBe(false);
  });

  it('keeps its end when the response to a hidden tab arrives late', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(pathOf('hidden'));
    await isLive(page);
    const late = await holdBack(page, 'RunStatus');
    await setHidden(page, true);
    await page.clock.runFor(ASK_HIDDEN_EVERY_MS);
    await late.held;
    await setHidden(page, false);
    over.add('hidden');
    await isFinal(page);
    await late.release();
    expect(await page.title()).toMatch(/^Completed · Workflow wf · hidden/);
  });

  it('keeps the metrics of its end when earlier ones arrive late', async () => {
    const page = await open({ key: 'key-1' });
    const late = await holdBack(page, 'FiguresOfRun');
    await page.goto(pathOf('figures'));
    await isLive(page);
    grown.add('figures');
    await late.held;
    over.add('figures');
    await isFinal(page);
    const slowest = page.locator('.run-insights').first();
    await slowest.getByText('20.0 s').first().waitFor();
    await late.release();
    expect(await slowest.getByText('20.0 s').count()).toBeGreaterThan(0);
  });
});

const STEPS = 1000;
const RUNNING = 20;
/** Latest time of the gateway's first poll. */
const POLL_MS = 10_000;
/** The gateway's default LIVE_TTL_MS: at most one event in this time. */
const SECONDS_PER_EVENT = 2;
const MOST_BYTES_OF_EVENT = 100_000;

const clock = createManualClock();
const startMs = clock.now();
const timeOf = (ms: number): string => new Date(startMs + ms).toISOString();
const UNDER_WAY = { status: 'running', end_time: null, outputs: null, elapsed_time: 0 };
/** Number of finished steps. */
let finished = STEPS - RUNNING;
let isOver = false;
let answer = '';

function manySteps(): Wire[] {
  return Array.from({ length: finished + (isOver ? 0 : RUNNING) }, (_, index) => {
    const offsetMs = index * 900 - 3_600_000;
    const end_time = timeOf(offsetMs + 800);
    const state = index < finished ? { outputs: null, end_time, elapsed_time: 0 } : UNDER_WAY;
    const ids = { id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, node_id: `node_${index % 40}` };
    // A later step of the same node would count as a successful retry.
    const isFragile = index === STEPS + 3;
    const failure = { node_id: 'fragile', status: 'failed', error: 'It broke while somebody watched' };
    return wireStep({ ...ids, start_time: timeOf(offsetMs), ...state, ...(isFragile && failure) });
  });
}

const RUNS: Readonly<Record<string, { readonly run: Wire; readonly steps: () => readonly Wire[] }>> = {
  many: { run: { start_time: timeOf(-3_600_000) }, steps: manySteps },
  ahead: {
    run: { ...UNDER_WAY, start_time: timeOf(-110_000) },
    steps: () => [
      wireStep({ id: 's1', node_id: 'by_its_start', ...UNDER_WAY, start_time: timeOf(-100_000) }),
      wireStep({ id: 's2', node_id: 'by_elapsed_time', ...UNDER_WAY, start_time: timeOf(-90_000), elapsed_time: 5 }),
      wireStep({ id: 's3', node_id: 'by_a_clock_ahead', start_time: timeOf(100_000), end_time: timeOf(110_000) }),
    ],
  },
  graph: {
    run: { ...UNDER_WAY, start_time: timeOf(-110_000) },
    steps: () => [
      wireStep({ id: 's1', ...UNDER_WAY, start_time: timeOf(-100_000) }),
      wireStep({ id: 's2', node_id: 'send', ...UNDER_WAY, start_time: timeOf(-90_000), outputs: answer }),
    ],
  },
};

const timed = await startGateway({
  script: ({ endpoint, runId }) => {
    if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
    const found = RUNS[runId];
    if (endpoint === 'steps') return { json: found?.steps() };
    if (endpoint !== 'run' || !found) return { status: 404, json: {} };
    const ofMany = runId === 'many' && (isOver ? { status: 'failed' } : { status: 'running', end_time: null });
    return { json: [wireRun(runId, { all_outputs: null, ...found.run, ...ofMany })] };
  },
  env: { LIVE_TTL_MS: String(1000 * SECONDS_PER_EVENT) },
  clock,
});
afterAll(() => timed.close());

describeInBrowser('the timeline of a live run', (open) => {
  const stepsShown = (page: Page, count: number) =>
    page.getByRole('listbox', { name: new RegExp(`^${count} steps`) }).waitFor();

  /** Right edges of the running bars, and the position of the line for now. */
  const edgesOf = (page: Page) =>
    page.evaluate<{ readonly edges: readonly number[]; readonly now: number; readonly width: number }>(`(() => {
      const path = document.querySelector('.status-running .bars').getAttribute('d');
      const bars = [...path.matchAll(/M([-\\d.]+) [-\\d.]+h([\\d.]+)/g)];
      return {
        edges: bars.map(([, x, length]) => Number(x) + Number(length)),
        now: Number(document.querySelector('line.now').getAttribute('x1')),
        width: document.querySelector('.timeline-lanes').getBoundingClientRect().width,
      };
    })()`);

  it('has running bars that end at now', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${timed.url}/workflows/wf/runs/ahead?fold=off`);
    await stepsShown(page, 3);
    const live = await edgesOf(page);
    expect(live.edges).toHaveLength(2);
    for (const edge of live.edges) expect(Math.abs(edge - live.now)).toBeLessThanOrEqual(2);
    // A step that starts after now extends the timeline, so the line for now is near the middle.
    expect(live.now).toBeLessThan(0.6 * live.width);
  });

  it('grows durations with each event, and with the clock in between', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(`${timed.url}/workflows/wf/runs/graph?tab=graph`);
    const node = page.getByRole('region', { name: 'Graph of the run' }).getByRole('link', { name: /^model_1/ });
    await node.getByText('1 min 4').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await clock.timers(2);
    await page.clock.pauseAt(new Date(Date.now() + 5000));
    for (const [duration, later] of [
      ['1 min 50 s', '1 min 53 s'],
      ['2 min 00 s', '2 min 03 s'],
    ] as const) {
      answer += 'More of it.';
      clock.advance(POLL_MS);
      while ((await node.getByText(duration).count()) === 0) await page.clock.runFor(10);
      await page.clock.runFor(3000);
      await node.getByText(later).waitFor();
    }
  });

  /** Connections of event streams. What the page shows of an event has been written to them before. */
  function watchStreams() {
    const sockets: Socket[] = [];
    const note = (message: unknown) => {
      const { request, socket } = message as { readonly request: IncomingMessage; readonly socket: Socket };
      if (request.url === '/graphql/stream') sockets.push(socket);
    };
    subscribe('http.server.request.start', note);
    return {
      written: () => sockets.reduce((bytes, socket) => bytes + socket.bytesWritten, 0),
      close: () => unsubscribe('http.server.request.start', note),
    };
  }

  it('receives only the changes of a run of a thousand steps', async () => {
    const page = await open({ key: 'key-1' });
    const streams = watchStreams();
    await page.goto(`${timed.url}/workflows/wf/runs/many?rows=packed`);
    await stepsShown(page, STEPS);
    await page.getByText('Live', { exact: true }).waitFor();
    await clock.timers(2);
    const more = async () => {
      finished += 10;
      clock.advance(POLL_MS);
      await stepsShown(page, finished + RUNNING);
      const { edges, now } = await edgesOf(page);
      expect(Math.max(...edges)).toBeLessThanOrEqual(now + 1);
    };

    // The first event has all steps. It has come when the second is shown.
    await more();
    const before = streams.written();
    const asked = new Set<string>();
    page.on('request', (request) => {
      const operation = operationOf(request);
      if (operation) asked.add(operation);
    });
    const EVENTS = 5;
    for (let event = 1; event <= EVENTS; event += 1) await more();
    streams.close();
    expect((streams.written() - before) / EVENTS).toBeLessThan(MOST_BYTES_OF_EVENT);
    // Events don't include the error: the page loads it with the statistics, and nothing else.
    await page.getByRole('link', { name: /It broke while somebody watched/ }).waitFor();
    expect([...asked]).toEqual(['FiguresOfRun']);

    isOver = true;
    clock.advance(POLL_MS);
    await page.getByText('Final', { exact: true }).waitFor();
    await stepsShown(page, finished);
    await page.getByText('Slowest steps').waitFor();
    expect(await page.locator('line.now').count()).toBe(0);
  });

  it('is laid out at most once a second', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(`${gateway.url}/workflows/wf/runs/hour`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('listbox', { name: /steps/ }).waitFor();
    await page.evaluate(`globalThis.layouts = 0; globalThis.from = Date.now(); new MutationObserver(() => {
      layouts += 1;
    }).observe(document.querySelector('.timeline-lanes'), { subtree: true, attributeFilter: ['d'] })`);
    for (let second = 0; second < 20; second += 1) await page.clock.runFor(1000);
    const [layouts, seconds] = await page.evaluate<[number, number]>('[layouts, (Date.now() - from) / 1000]');
    expect(layouts).toBeGreaterThan(0);
    expect(layouts).toBeLessThanOrEqual(seconds + 1);
  });
});
