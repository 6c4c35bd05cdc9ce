import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from '@jest/globals';
import { fillInputs, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { SAMPLE, startGateway } from '../harness/gateway.ts';
import { NGINX, startNginx } from '../harness/nginx.ts';
import { SampleGateway } from '../harness/sample.ts';

/** The shipped build: other tests use one with the warnings of its libraries. */
const SHIPPED = { pageFolder: undefined };

const BASE = '/stepgate';
const RUN = '/workflows/support-triage/runs/run-4711';

const plain = await startGateway({ upstream: SAMPLE, ...SHIPPED });
const gateway = await new SampleGateway({ env: { BASE_PATH: BASE }, ...SHIPPED }).open();
const nginx = NGINX !== null || process.env.CI !== undefined ? await startNginx(gateway.url) : null;
afterAll(async () => {
  await nginx?.close();
  await gateway.close();
  await plain.close();
});

describeInBrowser('a link to a run', (open) => {
  const LARGEST_FIRST_LOAD = 180_000;
  const OTHERS = /home|cost|workflow|trends|json-tree|graph|comparison|steps-table|palette-search/;

  /** Paths of the code and styles that a page loads until it shows the text, and their bytes over the network. */
  async function firstLoad(path: string, text: string) {
    const page = await open({ key: 'demo-key' });
    const paths: string[] = [];
    page.on('response', (response) => paths.push(new URL(response.url()).pathname));
    await page.goto(plain.url + path);
    await page.getByRole('listbox', { name: /steps/ }).waitFor();
    await page.getByText(text, { exact: true }).first().waitFor();
    const loaded = paths.filter((one) => /\.(js|css)$/.test(one));
    const files = await Promise.all(loaded.map(async (one) => (await fetch(plain.url + one)).arrayBuffer()));
    const bytes = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
    return { loaded, bytes };
  }

  it('loads at most 180 kB for a failed run, without code of other pages', async () => {
    const { loaded, bytes } = await firstLoad(RUN, 'Copy summary');
    expect(loaded.filter((path) => OTHERS.test(path))).toEqual([]);
    expect(bytes).toBeLessThan(LARGEST_FIRST_LOAD);
    expect(bytes).toBeGreaterThan(100_000);
  });

  it('loads at most 180 kB for a live run, without the code for failures', async () => {
    const { data } = await plain.query(
      'mutation { executeWorkflow(workflowId: "quick-answer", inputs: { question: "Now?" }) { run { id } } }',
      { key: 'demo-key' },
    );
    const id = /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
    const { loaded, bytes } = await firstLoad(`/workflows/quick-answer/runs/${id}`, 'Live');
    expect(loaded.filter((path) => OTHERS.test(path) || path.includes('failure'))).toEqual([]);
    expect(bytes).toBeLessThan(LARGEST_FIRST_LOAD);
  });
});

describeInBrowser('the run page below a base path', (open) => {
  it('says that an address outside has no page, and leads home', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(`${gateway.url}${BASE}/nonsense`);
    await page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
    await page.getByRole('link', { name: 'All failures and runs' }).click();
    await page.getByRole('heading', { level: 1, name: 'Failures' }).waitFor();
  });

  /** A deep link, a reload, links, and a run from its start to its end. */
  async function use(page: Page, origin: string, base: string): Promise<void> {
    await page.goto(`${origin}${base}${RUN}?tab=steps`);
    await page.getByRole('heading', { name: 'run-4711' }).waitFor();
    await page.reload();
    await page.getByRole('table', { name: 'Steps' }).getByRole('link', { name: 'draft_reply' }).click();
    await page.getByRole('dialog', { name: 'Step' }).waitFor();
    expect(await page.getByRole('link', { name: 'GraphQL' }).getAttribute('href')).toBe(`${base}/graphql`);
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await page.getByRole('article').getByRole('link', { name: 'Quick answer' }).click();
    await page.waitForURL(`${origin}${base}/workflows/quick-answer`);
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await fillInputs(page, '{ "question": "What time is it?" }');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(`${origin}${base}/workflows/quick-answer/runs/*`);
    await page.getByText('Live', { exact: true }).waitFor();
    gateway.advance(60_000);
    await page.getByText('Final', { exact: true }).waitFor();
    expect(loads).toBe(0);
  }

  it('works behind a proxy that keeps the path (nginx if installed)', async () => {
    const page = await open({ key: 'demo-key' });
    const answers: string[] = [];
    page.on('response', (answer) => answers.push(`${answer.status()} ${new URL(answer.url()).pathname}`));
    await use(page, nginx?.url ?? gateway.url, BASE);
    expect(answers.filter((answer) => !/^(200|304) \/stepgate\//.test(answer))).toEqual([]);
    expect(answers).toContain('200 /stepgate/assets/theme.js');
    expect(answers).toContain('200 /stepgate/graphql');
    expect(answers).toContain('200 /stepgate/graphql/stream');
  });

  it('works behind a proxy that removes the path', async () => {
    const page = await open({ key: 'demo-key' });
    await page.route('**/*', (route) => {
      const url = route.request().url();
      return url.startsWith(`${gateway.url}${BASE}/`) ? route.continue({ url: url.replace(BASE, '') }) : route.abort();
    });
    await use(page, gateway.url, BASE);
  });
});

describeInBrowser('GraphiQL', (open) => {
  it('opens without internet access, and uses the key of the run page', async () => {
    // Apollo Sandbox reports an error, because it cannot be loaded.
    const page = await open({ key: 'demo-key', mayComplain: true });
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    const asked = new Set<string>();
    await page.route(
      (url) => url.origin !== gateway.url,
      (route) => {
        asked.add(new URL(route.request().url()).host);
        return route.abort();
      },
    );
    const url = `${gateway.url}${BASE}/graphiql`;
    await page.goto(`${gateway.url}${BASE}/graphql`, { waitUntil: 'commit' });
    await page.waitForURL(url);
    await page.locator('.graphiql-query-editor').getByText('recentRuns').first().waitFor();
    // A later visit opens the same tab, not an empty one.
    await page.goto(url);
    await page.locator('.graphiql-query-editor').getByText('recentRuns').first().waitFor();
    asked.clear();
    complaints.splice(0);
    const execute = page.getByRole('button', { name: /^Execute query/ });
    await execute.click();
    await page.locator('.result-window').getByText('recentRuns').waitFor();
    await page.getByRole('button', { name: /Show GraphiQL Explorer/ }).click();
    await page.locator('.graphiql-explorer-root').getByText('compareRuns').waitFor();
    await page.getByRole('button', { name: 'Open settings dialog' }).click();
    await page.getByRole('dialog').getByText('Theme', { exact: true }).waitFor();
    await page.keyboard.press('Escape');

    const subscription =
      'subscription { runUpdated(workflowId: "support-triage", id: "run-4711") { run { id freshness { isFinal } } } }';
    await page.goto(`${url}?query=${encodeURIComponent(subscription)}`);
    await execute.click();
    await page.locator('.result-window').getByText('isFinal').waitFor();
    await page.goto(url);
    await execute.waitFor();
    expect([...asked, ...complaints]).toEqual([]);
    expect(await page.getByRole('link', { name: 'Apollo Sandbox' }).getAttribute('href')).toBe(`${BASE}/graphql`);
  });
});
