import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN = '/workflows/wf/runs/r1';

/** One run of one workflow, in this state. */
const inState =
  (status: string): Script =>
  ({ endpoint }) => {
    const isOver = status !== 'running';
    const start_time = new Date(Date.now() - 60_000).toISOString();
    const fields = { status, start_time, end_time: isOver ? new Date().toISOString() : null, elapsed_time: 0 };
    if (endpoint === 'steps') return { json: [wireStep(fields)] };
    if (endpoint === 'run' || endpoint === 'runs') return { json: [wireRun('r1', fields)] };
    return endpoint === 'workflows' ? { json: [wireWorkflow('wf')] } : { status: 404 };
  };

await describeInBrowser('the page of somebody who looks elsewhere', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(inState('running'));
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50', REAUTH_INTERVAL_MS: '1000' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('says the state of the run in its tab, and tells a screen reader when it changes', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url + RUN);
    await page.getByText('Live', { exact: true }).waitFor();
    const icon = () => page.evaluate<string>(`document.querySelector('link[rel=icon]').getAttribute('href')`);
    expect(await page.title()).toBe('Running · r1 – Stepgate');
    expect(await icon()).toBe('/assets/icon-running.svg');
    expect((await fetch(gateway.url + (await icon()))).headers.get('content-type')).toBe('image/svg+xml');
    upstream.script = inState('failed');
    await page.getByRole('status').getByText('r1: Failed').waitFor();
    expect(await page.title()).toBe('Failed · r1 – Stepgate');
    expect(await icon()).toBe('/assets/icon-failed.svg');
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await untilTrue(page, `document.title === 'Runs – Stepgate'`);
    expect(await icon()).toBe('/assets/icon.svg');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each([['a list', '/?since=1h'] as const, ['a live run', `${RUN}?tab=steps`] as const])(
    'asks for a key again when its own is refused, %s, and is at the same place with the next one',
    async (_what, path) => {
      const { page, context } = await openPage(browser(), { key: 'key-1' });
      await page.goto(gateway.url + path);
      await page.getByText('Live', { exact: true }).waitFor();
      const healthy = upstream.script;
      upstream.script = (call) => (call.key === 'key-1' ? { status: 401 } : healthy(call));
      await page.getByRole('alert').getByText('The gateway refused this key').waitFor();
      expect(page.url()).toBe(gateway.url + path);
      await page.getByLabel('Bearer key').fill('key-2');
      await page.keyboard.press('Enter');
      await page.getByText('Live', { exact: true }).waitFor();
      expect(page.url()).toBe(gateway.url + path);
      await context.close();
    },
  );

  it('copies over plain HTTP, and says so where nothing lets it', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    // Another name than localhost: browsers trust that one without HTTPS.
    await page.route('http://stepgate.test/**', async (route) => {
      const url = new URL(route.request().url());
      // A stream that goes on is no answer that could be passed on.
      if (url.pathname.endsWith('/stream')) return route.abort();
      return route.fulfill({ response: await route.fetch({ url: gateway.url + url.pathname + url.search }) });
    });
    await page.goto(`http://stepgate.test${RUN}`);
    expect(await page.evaluate('window.isSecureContext')).toBe(false);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.keyboard.press('/');
    const field = page.getByRole('dialog', { name: 'Search' }).getByRole('combobox');
    await field.waitFor();
    await field.press('Control+v');
    await untilTrue(page, `document.activeElement.value === 'http://stepgate.test${RUN}'`);
    await page.keyboard.press('Escape');
    await page.evaluate('document.execCommand = () => false');
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Could not copy' }).waitFor();
    await context.close();
  });

  it('stays at its top when a link leads to a view below the fold', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1', width: 320, height: 400 });
    await page.goto(`${gateway.url}${RUN}?tab=compare`);
    await page.getByLabel('Compare with').waitFor();
    expect(await page.evaluate('window.scrollY')).toBe(0);
    const current = page.getByRole('navigation', { name: 'Views' }).locator('[aria-current=page]');
    const box = await current.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(320);
    await context.close();
  });
});
