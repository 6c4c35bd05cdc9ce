import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { follow, type Locator } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { type Wire, wireRun, wireStep } from '../harness/wire.ts';

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

const withoutPrice = (id: string) =>
  wireStep({ id, outputs: { model: 'our-own', usage: { prompt_tokens: 10, completion_tokens: 1 } } });

const STEPS_OF: Readonly<Record<string, readonly Wire[]>> = {
  unpriced: [withoutPrice('s1'), withoutPrice('s2')],
  partly: [step, withoutPrice('s2'), withoutPrice('s3')],
};

const folder = await mkdtemp(join(tmpdir(), 'prices-'));
const prices = join(folder, 'prices.json');
await writeFile(prices, '{ "virtuoso-large": { "input_cost_per_token": 2e-6, "output_cost_per_token": 1e-5 } }');
const gateway = await startGateway({
  script: ({ endpoint, runId }) => ({ json: endpoint === 'steps' ? (STEPS_OF[runId] ?? [step]) : [wireRun(runId)] }),
  env: { LIVE_TTL_MS: '50', TOKEN_PRICES: prices },
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

describeInBrowser('a model step as a conversation', (open) => {
  it('shows messages, tool calls, finish reason and cost, with hostile strings inert', async () => {
    const page = await open({ key: 'key-1' });
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.url)) foreign.push(request.url());
    });
    await page.goto(`${gateway.url}/workflows/wf/runs/r1?step=step-1`);
    const drawer = page.getByRole('dialog', { name: 'Step' });
    const messages = drawer.locator('.conversation > ol > li');
    const answer = messages.nth(4);
    await answer.getByText('Heading of the model').waitFor();
    expect(await messages.locator('.chat-head strong').allTextContents()).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'assistant'],
    ]);
    await messages.nth(2).getByText('lookup_order').waitFor();
    await messages.nth(2).getByText('"order": 7').waitFor();
    await messages.nth(3).getByText('result of').getByText('lookup_order').waitFor();
    await drawer.getByText('stop', { exact: true }).waitFor();
    await drawer.getByText('$0.003', { exact: true }).waitFor();

    await answer.getByText('<script>window.pwned = true</script>').waitFor();
    await answer.getByRole('cell', { name: '12.50' }).waitFor();
    expect(await answer.locator('img, script, style, iframe, h1').count()).toBe(0);
    const links = await answer.getByRole('link').all();
    expect(await Promise.all(links.map((link) => link.getAttribute('href')))).toEqual([
      'https://tracker.example/other.png',
      'https://docs.example/page',
    ]);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(foreign).toEqual([]);

    // The JSON view is next to it, and strings with JSON can be expanded.
    await drawer.getByRole('button', { name: /^Inputs/ }).click();
    const tree = drawer.getByRole('tree');
    await tree.getByText('3:', { exact: true }).waitFor();
    await tree.getByRole('treeitem').filter({ hasText: 'JSON' }).first().click();
    await tree.getByText('paid:').or(tree.getByText('order:')).first().waitFor();
  });

  it('counts steps whose model has no price as "not priced"', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(gateway.url);
    const drawer = page.getByRole('dialog', { name: 'Step' });
    const priceIn = (place: Locator) => place.locator('div:has(> dt button:text-is("Cost")) > dd');
    for (const [run, ofRun] of [
      ['unpriced', 'not priced'],
      ['partly', '$0.003 2 steps not priced'],
    ] as const) {
      await follow(page, `/workflows/wf/runs/${run}?step=s2`);
      await page.getByRole('heading', { level: 1, name: run }).waitFor();
      await priceIn(drawer).waitFor();
      expect(await priceIn(drawer).innerText()).toBe('not priced');
      expect(await priceIn(page.locator('.run-header')).innerText()).toBe(ofRun);
    }
  });
});
