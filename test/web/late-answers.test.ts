import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN = '/workflows/wf/runs/r1';
/** Of the page, for the whole of a run that goes on. */
const ASK_EVERY_MS = 10_000;
/** For its state while its tab is hidden. */
const ASK_HIDDEN_EVERY_MS = 30_000;

const at = (agoMs: number): string => new Date(Date.now() - agoMs).toISOString();
const [START, END] = [at(60_000), at(40_000)];
const EARLIER = wireStep({ id: 'step-0', node_id: 'earlier', start_time: at(90_000), end_time: START });
const RUNNING = { status: 'running', start_time: START, end_time: null, elapsed_time: 0, outputs: null };
const running = wireStep(RUNNING);
const over = wireStep({ start_time: START, end_time: END });

await describeInBrowser('an answer that comes late', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let isRunOver = false;
  let steps = [running];

  beforeEach(async () => {
    [isRunOver, steps] = [false, [running]];
    const run = () => wireRun('r1', isRunOver ? { start_time: START, end_time: END } : RUNNING);
    upstream = await startFaultyUpstream(({ endpoint }) => {
      if (endpoint === 'steps') return { json: steps };
      return endpoint === 'run' ? { json: [run()] } : { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** As the browser tells it. */
  const show = (page: Page, hidden: boolean) =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { value: ${String(hidden)}, configurable: true });
       document.dispatchEvent(new Event('visibilitychange'))`,
    );

  /** Lets the page have what is held back, and show it. */
  async function receive(page: Page, release: () => void): Promise<void> {
    const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'));
    release();
    await (await answered).finished();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  }

  /** Holds the next answer to a question back: `held` when the gateway has given it, `release` lets the page have it. */
  async function holdBack(page: Page, name: string) {
    const [held, released] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
    let isHeld = false;
    await page.route('**/graphql', async (route) => {
      if (isHeld || !(route.request().postData() ?? '').startsWith(`{"operationName":"${name}"`))
        return route.fallback();
      isHeld = true;
      const response = await route.fetch();
      held.resolve(null);
      await released.promise;
      return route.fulfill({ response });
    });
    return {
      held: held.promise,
      release: () => {
        released.resolve(null);
      },
    };
  }

  it('takes back nothing that was told meanwhile', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(`${gateway.url}${RUN}?tab=steps`);
    await page.getByText('Live', { exact: true }).waitFor();
    const late = await holdBack(page, 'Run');
    // With another left edge each step has another place, so that the whole run is asked for.
    steps = [EARLIER, running];
    await late.held;
    steps = [EARLIER, over];
    const row = page.getByRole('row', { name: /model_1/ });
    await row.getByText('Completed').waitFor();
    await receive(page, late.release);
    // It is asked again at its own pace.
    await page.clock.runFor(ASK_EVERY_MS);
    await row.getByText('Completed').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of a hidden tab counts no more in one that is shown', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    const late = await holdBack(page, 'RunStatus');
    await show(page, true);
    await page.clock.runFor(ASK_HIDDEN_EVERY_MS);
    await late.held;
    await show(page, false);
    [isRunOver, steps] = [true, [over]];
    await page.getByText('Final', { exact: true }).waitFor();
    await receive(page, late.release);
    expect(await page.title()).toMatch(/^Completed · r1/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of a run that went on takes the place of none of the run that is over', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const late = await holdBack(page, 'RunFiguresAgain');
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    steps = [{ ...running, outputs: 'Some of it' }];
    await late.held;
    [isRunOver, steps] = [true, [over]];
    await page.getByText('Final', { exact: true }).waitFor();
    const slowest = page.locator('.run-insights').first();
    await slowest.getByText('20.0 s').waitFor();
    await receive(page, late.release);
    await slowest.getByText('20.0 s').waitFor({ timeout: 1000 });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
