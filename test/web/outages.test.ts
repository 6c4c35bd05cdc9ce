import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN = '/workflows/wf/runs/r1';

/** Of the page, of what no event brings. */
const ASK_EVERY_MS = 2000;

const underWay: Script = ({ endpoint }) => {
  const start_time = new Date(Date.now() - 60_000).toISOString();
  const running = { status: 'running', start_time, end_time: null, elapsed_time: 0, outputs: null };
  if (endpoint === 'steps') return { json: [wireStep(running)] };
  if (endpoint === 'run') return { json: [wireRun('r1', running)] };
  return { status: 404, json: {} };
};

const stepOver: Script = (call) => (call.endpoint === 'steps' ? { json: [wireStep()] } : underWay(call));

const down: Script = () => ({ status: 503, json: {} });

const over: Script = ({ endpoint }) => {
  if (endpoint === 'steps') return { json: [wireStep()] };
  if (endpoint === 'run') return { json: [wireRun('r1')] };
  return { status: 404, json: {} };
};

await describeInBrowser('the run page in an outage', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  const environment = () => ({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });

  beforeEach(async () => {
    upstream = await startFaultyUpstream(underWay);
    gateway = await startGateway(environment());
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('of the upstream says that what it shows is stale, and moves on when the upstream is back', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    upstream.script = down;
    await page.getByText(/^Stale since/).waitFor();
    await page.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();
    await page.getByText('model_1').first().waitFor();
    upstream.script = over;
    await page.getByText('Final', { exact: true }).waitFor({ timeout: 30_000 });
    await page
      .getByText(/^Stale/)
      .first()
      .waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of the gateway says that it reconnects, and does', async () => {
    const { port } = new URL(gateway.url);
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    await gateway.close();
    await page.getByText(/Reconnecting… Stale since/).waitFor();
    upstream.script = over;
    gateway = await startGateway({ ...environment(), PORT: port });
    await page.getByText('Final', { exact: true }).waitFor({ timeout: 20_000 });
    expect(await page.getByText(/Reconnecting/).count()).toBe(0);
    await context.close();
  });

  it('of both ends, and the page is live again', async () => {
    const { port } = new URL(gateway.url);
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    await gateway.close();
    upstream.script = down;
    gateway = await startGateway({ ...environment(), PORT: port });
    // A gateway that knows nothing yet has nothing to show in place of an error.
    while ((await page.getByText('Asked every two seconds').count()) === 0) await page.clock.runFor(1000);
    upstream.script = underWay;
    while ((await page.getByText('Live', { exact: true }).count()) === 0) await page.clock.runFor(1000);
    await context.close();
  });

  /** Opens the run, live, with a clock that the test can put forward, and counts the connections. */
  async function watch() {
    const opened = await openPage(browser(), { key: 'key-1' });
    const { page } = opened;
    await page.clock.install();
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/graphql/stream')) streams.push(request.url());
    });
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    const closed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/graphql/stream'));
    return { ...opened, streams, closed };
  }

  /** As the browser tells it. */
  const show = (page: Page, hidden: boolean) =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { value: ${String(hidden)}, configurable: true });
       document.dispatchEvent(new Event('visibilitychange'))`,
    );

  /** Longer than the longest pause before a connection is tried again. */
  const LONG_MS = 60_000;

  it('lets go of the connection while nobody looks, and catches up when somebody does', async () => {
    const { page, context, streams, closed } = await watch();
    await show(page, true);
    await closed;
    await page.clock.runFor(LONG_MS);
    expect(streams).toHaveLength(1);
    upstream.script = over;
    // The tab tells the state all the same.
    while (!(await page.title()).startsWith('Completed · r1')) await page.clock.runFor(1000);
    expect(await page.evaluate('document.querySelector("link[rel=icon]").href')).toMatch(/icon-completed/);
    expect(streams).toHaveLength(1);
    await show(page, false);
    await page.getByText('Final', { exact: true }).waitFor();
    expect(streams).toHaveLength(2);
    await context.close();
  });

  it('of the upstream takes nothing from a run that nobody looks at', async () => {
    await gateway.close();
    gateway = await startGateway({ ...environment(), STALE_IF_ERROR_MS: '0' });
    const { page, context, closed } = await watch();
    await show(page, true);
    await closed;
    upstream.script = down;
    // Until the gateway has nothing left that it could answer with.
    let answer = '';
    while (!answer.includes('"run":null')) {
      const asked = page.waitForResponse((response) => (response.request().postData() ?? '').includes('RunStatus'));
      await page.clock.runFor(30_000);
      answer = await (await asked).text();
    }
    await page.getByText('model_1').first().waitFor();
    expect(await page.title()).toBe('Running · r1 – Stepgate');
    upstream.script = over;
    await show(page, false);
    await page.getByText('Final', { exact: true }).waitFor();
    await context.close();
  });

  it('leaves no connection behind when another page is opened', async () => {
    const { page, context, streams, closed } = await watch();
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await closed;
    await page.clock.runFor(LONG_MS);
    expect(streams).toHaveLength(1);
    await context.close();
  });

  /** Lets the page ask once more by its clock, in vain. */
  async function failOnce(page: Page): Promise<void> {
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/graphql'));
    await page.clock.runFor(ASK_EVERY_MS);
    await failed;
  }

  it('of some questions leaves an open step as it was, and asks on', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(`${gateway.url}${RUN}?step=step-1`);
    const step = page.getByRole('complementary', { name: 'Step' });
    await step.getByText('Running').waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await failOnce(page);
    await failOnce(page);
    await step.getByText('Running').waitFor();
    await page.unrouteAll();
    upstream.script = stepOver;
    await page.clock.runFor(ASK_EVERY_MS);
    await step.getByText('Completed').waitFor();
    await context.close();
  });

  it('or not, asks no more for a step that still runs when its run is over', async () => {
    upstream.script = (call) => (call.endpoint === 'run' ? over(call) : underWay(call));
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(`${gateway.url}${RUN}?step=step-1&side=inputs`);
    await page.getByText('Final', { exact: true }).waitFor();
    await page.getByRole('complementary', { name: 'Step' }).getByRole('tree').waitFor();
    let questions = 0;
    page.on('request', () => (questions += 1));
    await page.clock.runFor(10 * ASK_EVERY_MS);
    await page.evaluate('fetch("/")');
    expect(questions).toBe(1);
    await context.close();
  });

  it('of some questions leaves the run as it was where the page has to ask', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.route('**/graphql/stream', (route) => route.fulfill({ status: 403 }));
    await page.goto(gateway.url + RUN);
    await page.getByText('Asked every two seconds').waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await failOnce(page);
    await page
      .getByRole('alert')
      .getByText(/^The gateway can't be reached/)
      .waitFor();
    await page.getByText('Not all of the run could be loaded.').waitFor();
    await page.getByText('Asked every two seconds').waitFor();
    await page.unrouteAll();
    upstream.script = over;
    await page.clock.runFor(ASK_EVERY_MS);
    await page.getByText('Final', { exact: true }).waitFor();
    await context.close();
  });

  it('is over for the page, too, when a run has ended that it has to ask for', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.route('**/graphql/stream', (route) => route.fulfill({ status: 403 }));
    await page.goto(gateway.url + RUN);
    await page.getByText('Asked every two seconds').waitFor();
    upstream.script = over;
    await page.clock.runFor(ASK_EVERY_MS);
    await page.getByText('Final', { exact: true }).waitFor();
    let questions = 0;
    page.on('request', () => (questions += 1));
    await page.clock.runFor(10 * ASK_EVERY_MS);
    await page.evaluate('fetch("/")');
    expect(questions).toBe(1);
    await context.close();
  });

  it('from the start says so, and shows the run when it is asked again', async () => {
    upstream.script = down;
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url + RUN);
    await page.getByText('The run could not be loaded.').waitFor();
    await page.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();
    upstream.script = over;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Completed').first().waitFor();
    await context.close();
  });
});
