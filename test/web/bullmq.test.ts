/** The run page over the example of BullMQ. */
import { afterAll, expect, it } from '@jest/globals';
import { startShop } from '../../examples/bullmq/gateway.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startValkey, VALKEY } from '../harness/valkey.ts';

const paid = Promise.withResolvers<string>();
const valkey = VALKEY === null && process.env.CI === undefined ? null : await startValkey();
const shop =
  valkey &&
  (await startShop({
    url: valkey.url,
    work: {
      pay: ({ attemptsMade }) =>
        attemptsMade === 0 ? Promise.reject(new Error('Card service unavailable')) : paid.promise,
    },
    config: { PORT: 0, LOG_LEVEL: 'silent', LIVE_TTL_MS: 50 },
  }));
afterAll(async () => {
  await shop?.close();
  await valkey?.close();
});

if (shop) {
  describeInBrowser('the page of a BullMQ flow', (open) => {
    it('The page shows a live flow with the attempts of its jobs until it ends', async () => {
      const answer = await fetch(`${shop.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer shop-key' },
        body: JSON.stringify({ query: 'mutation { executeWorkflow(workflowId: "refund") { run { id } } }' }),
      });
      const { data } = (await answer.json()) as { data: { executeWorkflow: { run: { id: string } } } };
      const page = await open({ key: 'shop-key' });
      await page.goto(`${shop.url}/workflows/refund/runs/${data.executeWorkflow.run.id}`);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByText('find-order').first().waitFor();
      paid.resolve('paid');
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
