import { afterAll, expect, it } from '@jest/globals';
import { countRequests, follow, operationOf, type Page, setHidden, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { SampleGateway } from '../harness/sample.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const RUN = '/workflows/support-triage/runs/run-4711';

/** Interval at which the page evicts data that it no longer shows. */
const FORGET_EVERY_MS = 600_000;

const gateway = await new SampleGateway().open();
afterAll(() => gateway.close());

describeInBrowser('the key of the run page', (open) => {
  async function signIn(page: Page, key: string): Promise<void> {
    await page.getByLabel('Bearer key').fill(key);
    await page.keyboard.press('Enter');
  }
  const showsRun = (page: Page) => page.getByRole('region', { name: 'Why the run failed' }).waitFor();
  const storedOf = async (page: Page) => JSON.stringify((await page.context().storageState()).origins);

  it('is asked for at any URL and kept in the tab', async () => {
    const page = await open();
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await page.goto(gateway.url + RUN);
    const field = page.getByLabel('Bearer key');
    await field.waitFor();
    expect(await page.title()).toBe('Sign in – Stepgate');
    expect(await page.evaluate('document.activeElement.id')).toBe(await field.getAttribute('id'));
    // Password managers need this attribute.
    expect(await field.getAttribute('autocomplete')).toBe('current-password');
    await signIn(page, 'demo-key');
    await showsRun(page);
    expect(page.url()).toBe(gateway.url + RUN);
    expect(urls.length).toBeGreaterThan(3);
    expect(urls.filter((url) => url.includes('demo-key'))).toEqual([]);
    expect(await storedOf(page)).not.toContain('demo-key');
    await page.reload();
    await showsRun(page);
    const other = await page.context().newPage();
    await other.goto(gateway.url + RUN);
    await other.getByLabel('Bearer key').waitFor();
  });

  it('is not asked for if a proxy signs the caller in', async () => {
    const page = await open();
    const asked: (string | undefined)[] = [];
    await page.route('**/graphql*', async (route) => {
      const request = route.request();
      if (request.headers().authorization === undefined) asked.push(operationOf(request));
      await route.continue({ headers: { ...request.headers(), authorization: 'Bearer demo-key' } });
    });
    await page.goto(gateway.url + RUN);
    await showsRun(page);
    expect(asked[0]).toBe('Caller');
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
  });

  it('is remembered by the device on request, until one tab signs out', async () => {
    const page = await open();
    const [other, third] = [await page.context().newPage(), await page.context().newPage()];
    for (const tab of [page, other]) await tab.goto(gateway.url + RUN);
    await page.getByLabel('Remember on this device').check();
    await signIn(page, 'demo-key');
    await showsRun(page);
    // A key of one tab replaces the remembered key only there.
    await signIn(other, 'other-key');
    await other.getByText('Run not found, or not for this key.').waitFor();
    await third.goto(gateway.url + RUN);
    await showsRun(third);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await third.getByLabel('Bearer key').waitFor();
    expect(await storedOf(page)).not.toContain('demo-key');
  });

  it('is asked for again if it is rejected or malformed', async () => {
    const page = await open({ key: 'no-such-key' });
    await page.goto(gateway.url + RUN);
    await page.getByRole('alert').getByText('The gateway rejected this key').waitFor();
    await signIn(page, 'two words');
    await page.getByText('A key is one word').waitFor();
    await signIn(page, 'demo-key');
    await showsRun(page);
  });

  it('can be changed, which removes all data of the first organization', async () => {
    const page = await open();
    await page.goto(gateway.url);
    await signIn(page, 'demo-key');
    const card = (name: string) => page.getByRole('article').getByRole('link', { name });
    await card('Support triage').waitFor();
    await page.keyboard.press('/');
    await page.getByRole('dialog').getByRole('combobox').fill('sign out');
    await page.getByRole('option', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('Enter');
    await signIn(page, 'other-key');
    await card('Contract review').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.getByText('Support triage').count()).toBe(0);
    await page.goto(gateway.url + RUN);
    await page.getByText('Run not found, or not for this key.').waitFor();
  });

  it.each([
    [
      'blocks its storage',
      `for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('Access is denied', 'SecurityError'); } });
      }`,
    ],
    [
      'has a full storage',
      `Storage.prototype.setItem = () => { throw new DOMException('Full', 'QuotaExceededError'); }`,
    ],
  ])('is kept while the page is open in a browser that %s', async (_, script) => {
    const page = await open();
    await page.addInitScript(script);
    await page.goto(gateway.url + RUN);
    await signIn(page, 'demo-key');
    await showsRun(page);
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    await page.getByRole('button', { name: /^Theme: light/ }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer key').waitFor();
  });

  it('removes cached data that is no longer shown, without reloading visible data', async () => {
    const page = await open({ key: 'demo-key' });
    await page.clock.install();
    await page.goto(gateway.url + RUN);
    await showsRun(page);
    await follow(page, '/');
    const row = page.getByRole('list').getByRole('listitem').filter({ hasText: 'run-4711' });
    await row.getByText(/^The model accepts 32768 tokens/).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    // Hidden, because the page's clock runs ahead of the gateway's heartbeats: a live connection would be lost.
    await setHidden(page, true);
    const questions = countRequests(page);
    await page.clock.runFor(FORGET_EVERY_MS);
    await row.getByText(/^The model accepts 32768 tokens/).waitFor();
    expect(await questions()).toBe(0);
    await setHidden(page, false);
    await follow(page, '/no-such-page');
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    await page.clock.runFor(FORGET_EVERY_MS);
    await page.route('**/graphql', (route) => route.abort());
    await follow(page, RUN);
    await page.getByText('The run could not be loaded.').waitFor();
    expect(await page.getByRole('region', { name: 'Why the run failed' }).count()).toBe(0);
  });
});

const refused = new Set<string>();
const live = await startGateway({
  script: ({ endpoint, key = '' }) => {
    if (refused.has(key)) return { status: 401 };
    if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
    const running = { status: 'running', start_time: new Date().toISOString(), end_time: null };
    return { json: [endpoint === 'steps' ? wireStep(running) : wireRun('r1', running)] };
  },
  env: { LIVE_TTL_MS: '50', REAUTH_INTERVAL_MS: '1000' },
});
afterAll(() => live.close());

describeInBrowser('a key that is refused later', (open) => {
  const LIVE_RUN = '/workflows/wf/runs/r1?tab=steps';

  it.each([
    ['a list', 'key-1', '/?since=1h'],
    ['a live run', 'key-2', LIVE_RUN],
  ])('is asked for again in the same place: %s', async (_, key, path) => {
    const page = await open({ key });
    await page.goto(live.url + path);
    await page.getByText('Live', { exact: true }).waitFor();
    refused.add(key);
    await page.getByRole('alert').getByText('The gateway rejected this key').waitFor();
    expect(page.url()).toBe(live.url + path);
    await page.getByLabel('Bearer key').fill('next-key');
    await page.keyboard.press('Enter');
    await page.getByText('Live', { exact: true }).waitFor();
    expect(page.url()).toBe(live.url + path);
  });

  it('copies a link over plain HTTP, and reports a failed copy', async () => {
    const page = await open({ key: 'key-3', mayComplain: true });
    // A host other than localhost, which browsers trust without HTTPS.
    await page.route('http://stepgate.test/**', async (route) => {
      const { pathname, search } = new URL(route.request().url());
      // A stream never ends, so it cannot be forwarded as a whole response.
      if (pathname.endsWith('/stream')) return route.abort();
      return route.fulfill({ response: await route.fetch({ url: live.url + pathname + search }) });
    });
    await page.goto(`http://stepgate.test${LIVE_RUN}`);
    expect(await page.evaluate('window.isSecureContext')).toBe(false);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.keyboard.press('/');
    const field = page.getByRole('dialog', { name: 'Search' }).getByRole('combobox');
    await field.press('Control+v');
    await untilTrue(page, `document.activeElement.value === 'http://stepgate.test${LIVE_RUN}'`);
    await page.keyboard.press('Escape');
    await page.evaluate('document.execCommand = () => false');
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Could not copy' }).waitFor();
  });
});

describeInBrowser('a key that cannot be used', (open) => {
  it.each([
    ['has no rights', 403, 'This key may not list workflows'],
    // More failures than the circuit breaker lets through.
    ['cannot be checked in an outage', 503, 'The workflow API isn’t answering.'],
  ] as const)('A key that %s signs in to one sentence', async (_, status, sentence) => {
    const closed = await startGateway({ script: () => ({ status, json: {} }) });
    for (const path of ['/', '/cost']) {
      const page = await open({ key: `key-${path}` });
      await page.goto(closed.url + path);
      await page.getByText(sentence).first().waitFor();
      await page
        .getByText(/^Loading/)
        .first()
        .waitFor({ state: 'detached' });
      await untilTrue(page, 'document.querySelector(".skeleton") === null');
      expect(await page.getByText(sentence).count()).toBe(1);
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(await page.getByText('UPSTREAM_').count()).toBe(0);
    }
    await closed.close();
  });
});
