import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fillInputs, openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { NGINX, startNginx, type Nginx } from '../harness/nginx.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

const BASE = '/stepgate';
const RUN = '/workflows/support-triage/runs/run-4711';

await describeInBrowser('the run page below a path', (browser) => {
  let gateway: SampleGateway;
  let nginx: Nginx | null = null;
  beforeAll(async () => {
    gateway = await startSampleGateway({ BASE_PATH: BASE });
    if (NGINX !== null || process.env.CI !== undefined) nginx = await startNginx(gateway.url);
  });
  afterAll(async () => {
    await nginx?.close();
    await gateway.close();
  });

  /** What the page asked for, each with its status. */
  function answersOf(page: Page): string[] {
    const answers: string[] = [];
    page.on('response', (answer) => answers.push(`${answer.status()} ${new URL(answer.url()).pathname}`));
    return answers;
  }

  /** By a deep link, a reload, and links. */
  async function read(page: Page, origin: string, base: string): Promise<void> {
    await page.goto(`${origin}${base}${RUN}?tab=steps`);
    await page.getByRole('heading', { name: 'run-4711' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'draft_reply' }).first().click();
    await page.getByRole('complementary', { name: 'Step' }).waitFor();
    expect(await page.getByRole('link', { name: 'GraphQL' }).getAttribute('href')).toBe(`${base}/graphql`);
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await page.getByRole('article').getByRole('link', { name: 'Quick answer' }).click();
    await page.waitForURL(`${origin}${base}/workflows/quick-answer`);
  }

  /** The same, and then a run is started and followed to its end. */
  async function readAndStart(page: Page, origin: string, base: string): Promise<void> {
    await read(page, origin, base);
    await page.getByRole('button', { name: 'Run' }).click();
    await fillInputs(page, '{ "question": "What time is it?" }');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(`${origin}${base}/workflows/quick-answer/runs/*`);
    await page.getByText('Live', { exact: true }).waitFor();
    gateway.advance(60_000);
    await page.getByText('Final', { exact: true }).waitFor();
  }

  it('of a proxy that leaves it on (nginx, or none in its place): files, requests, links and live runs are there', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    const answers = answersOf(page);
    await readAndStart(page, nginx?.url ?? gateway.url, BASE);
    expect(answers.filter((answer) => !/^(200|304) \/stepgate\//.test(answer))).toEqual([]);
    expect(answers).toContain('200 /stepgate/assets/theme.js');
    expect(answers).toContain('200 /stepgate/graphql');
    expect(answers).toContain('200 /stepgate/graphql/stream');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of a proxy that takes it off', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.route('**/*', (route) => {
      const url = route.request().url();
      return url.startsWith(`${gateway.url}${BASE}/`) ? route.continue({ url: url.replace(BASE, '') }) : route.abort();
    });
    await readAndStart(page, gateway.url, BASE);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is at its own place as well', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await read(page, gateway.url, '');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is told to the browser alone where there is one', async () => {
    expect(await (await fetch(`${gateway.url}${BASE}`)).text()).toContain(
      '<meta name="base-path" content="/stepgate">',
    );
    const plain = await startGateway();
    const html = await (await fetch(`${plain.url}${RUN}`)).text();
    expect(html).not.toContain('base-path');
    expect(html).toContain('"/assets/theme.js"');
    expect((await fetch(`${plain.url}${BASE}/`)).status).toBe(404);
    await plain.close();
  });
});
