import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const HOSTILE = [
  '# Heading of the model',
  '<script>window.pwned = true</script>',
  '<img src="https://tracker.example/pixel.png" onerror="window.pwned = true">',
  '![a picture](https://tracker.example/other.png)',
  '[press me](javascript:window.pwned=true) and [read this](https://docs.example/page)',
  '<style>body { display: none }</style><iframe src="https://tracker.example/"></iframe>',
  '**Refund** approved:\n\n| order | amount |\n| --- | --- |\n| 7 | 12.50 |',
].join('\n\n');

const CALL = { id: 'call-1', type: 'function', function: { name: 'lookup_order', arguments: '{"order":7}' } };

const step = wireStep({
  inputs: {
    model: 'virtuoso-large',
    messages: [
      { role: 'system', content: 'You decide on refunds.' },
      { role: 'user', content: 'Refund?' },
      { role: 'assistant', content: null, tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call-1', content: '{"order":7,"paid":12.5}' },
    ],
  },
  outputs: {
    model: 'virtuoso-large',
    choices: [{ message: { role: 'assistant', content: HOSTILE }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
  },
});

const ofOwnModel = (id: string) =>
  wireStep({ id, outputs: { model: 'our-own', usage: { prompt_tokens: 10, completion_tokens: 1 } } });
const STEPS_OF: Readonly<Record<string, readonly Wire[]>> = {
  unpriced: [ofOwnModel('s1'), ofOwnModel('s2')],
  partly: [step, ofOwnModel('s2'), ofOwnModel('s3')],
};

await describeInBrowser('a model step as a conversation', (browser) => {
  let folder: string;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prices-'));
    const prices = join(folder, 'prices.json');
    const price = { input_cost_per_token: 2e-6, output_cost_per_token: 1e-5 };
    await writeFile(prices, JSON.stringify({ 'virtuoso-large': price }));
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: STEPS_OF[runId] ?? [step] };
      if (endpoint === 'run') return { json: [wireRun(runId)] };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, TOKEN_PRICES: prices });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
    await rm(folder, { recursive: true });
  });

  it('shows who said what, the tools, the reason of the end and the price, and nothing hostile comes to life', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.url)) elsewhere.push(request.url());
    });
    await page.goto(`${gateway.url}/workflows/wf/runs/r1?step=step-1`);
    const drawer = page.getByRole('complementary', { name: 'Step' });
    const messages = drawer.locator('.conversation > ol > li');
    await messages.nth(4).getByText('Heading of the model').waitFor();
    expect(await messages.locator('.chat-head strong').allTextContents()).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'assistant'],
    ]);
    await messages.nth(2).getByText('lookup_order').waitFor();
    await messages.nth(2).getByText('"order": 7').waitFor();
    await messages.nth(3).getByText('result of').getByText('lookup_order').waitFor();
    await messages.nth(4).getByText('Answer').waitFor();
    await drawer.getByText('stop', { exact: true }).waitFor();
    await drawer.getByText('$0.003', { exact: true }).waitFor();

    const answer = messages.nth(4);
    await answer.getByText('<script>window.pwned = true</script>').waitFor();
    await answer.getByRole('cell', { name: '12.50' }).waitFor();
    expect(await answer.locator('img, script, style, iframe, h1').count()).toBe(0);
    const links = await answer.getByRole('link').all();
    expect(await Promise.all(links.map((link) => link.getAttribute('href')))).toEqual([
      'https://tracker.example/other.png',
      'https://docs.example/page',
    ]);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(elsewhere).toEqual([]);

    // The raw JSON is one tab away, and JSON in its texts unfolds.
    await drawer.getByRole('button', { name: /^Inputs/ }).click();
    const tree = drawer.getByRole('tree');
    await tree.getByText('3:', { exact: true }).waitFor();
    const text = tree.getByRole('treeitem').filter({ hasText: 'JSON' });
    await text.first().click();
    await tree.getByText('paid:').or(tree.getByText('order:')).first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each([
    ['unpriced', 'not priced', 'not priced'],
    ['partly', '$0.003 2 steps not priced', 'not priced'],
  ])('is not said to cost nothing where its model has no price: run %s', async (run, ofRun, ofStep) => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/${run}?step=s2`);
    const price = (place: ReturnType<Page['locator']>) => place.locator('div:has(> dt:text-is("Price")) > dd');
    const drawer = page.getByRole('complementary', { name: 'Step' });
    await price(drawer).waitFor();
    expect(await price(drawer).innerText()).toBe(ofStep);
    expect(await price(page.locator('.run-header')).innerText()).toBe(ofRun);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
