/** The run page over the example of BullMQ, as its README starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { postTo } from '../harness/gateway.ts';
import { Valkey, VALKEY } from '../harness/valkey.ts';

const valkey = VALKEY === null && process.env.CI === undefined ? null : await new Valkey().open();
const shop = valkey && (await startShop(valkey.url));
afterAll(async () => {
  await shop?.close();
  await valkey?.close();
});

async function startShop(valkeyUrl: string) {
  const environment = { BULLMQ_URL: valkeyUrl, PORT: '0', LOG_LEVEL: 'silent', LIVE_TTL_MS: '50' };
  const child = spawn(process.execPath, ['--import', './examples/library.ts', 'examples/bullmq/gateway.ts'], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let printed = '';
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += String(text);
    if (printed.includes('\n')) break;
  }
  const [, url] = /(http:\/\/\S+)\//.exec(printed) ?? [];
  if (url === undefined) throw new Error(`The example must print its URL, got ${JSON.stringify(printed)}.`);
  return {
    url,
    async close() {
      child.kill();
      await exited;
    },
  };
}

if (shop) {
  describeInBrowser('the page of a BullMQ flow', (open) => {
    it('The page shows a live flow with the attempts of its jobs until it ends', async () => {
      const query = 'mutation { executeWorkflow(workflowId: "refund") { run { id } } }';
      const answer = await postTo(shop.url, { query }, { key: 'shop-key' });
      const { data } = (await answer.json()) as { data: { executeWorkflow: { run: { id: string } } } };
      const page = await open({ key: 'shop-key' });
      await page.goto(`${shop.url}/workflows/refund/runs/${data.executeWorkflow.run.id}`);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByText('find-order').first().waitFor();
      await page.getByText('Final', { exact: true }).waitFor();
      expect(await page.getByText('Completed').count()).toBeGreaterThan(0);
      await page.getByText('5, 1 failed').waitFor();
      await page.getByText('More', { exact: true }).click();
      await page.getByText('Lost to retries').first().waitFor();
      await page.goto(`${shop.url}/workflows/refund`);
      await page.getByText('Pays an order back.').first().waitFor();
    });
  });
} else it.skip('The page of a BullMQ flow (there is no valkey-server on this machine)', () => undefined);
