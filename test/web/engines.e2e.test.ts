/** The run page over the examples of BullMQ and Mastra, as their READMEs start them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { postTo } from '../harness/gateway.ts';
import { openStream } from '../harness/live-client.ts';
import { startProcess, type GatewayProcess } from '../harness/process.ts';
import { Valkey, VALKEY } from '../harness/valkey.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-mastra-'));
const valkey = VALKEY === null && process.env.CI === undefined ? null : await new Valkey().open();
const bullmq = valkey && startExample('bullmq', { BULLMQ_URL: valkey.url });
const mastra = startExample('mastra', { MASTRA_FILE: join(folder, 'runs.db') });
afterAll(async () => {
  for (const example of [bullmq, mastra]) {
    example?.end();
    await example?.exited;
  }
  await valkey?.close();
  rmSync(folder, { recursive: true });
});

function startExample(name: string, environment: Readonly<Record<string, string>>): GatewayProcess {
  const command = [process.execPath, '--import', './examples/library.ts', `examples/${name}/gateway.ts`] as const;
  return startProcess({ LIVE_TTL_MS: '50', ...environment }, [], command);
}

async function startRefund(url: string, inputs: object): Promise<string> {
  const query = 'mutation ($inputs: JSON) { executeWorkflow(workflowId: "refund", inputs: $inputs) { run { id } } }';
  const answer = await postTo(url, { query, variables: { inputs } }, { key: 'shop-key' });
  const { data } = (await answer.json()) as { data: { executeWorkflow: { run: { id: string } } } };
  return data.executeWorkflow.run.id;
}

describeInBrowser('the page of a Mastra workflow', (open) => {
  it('asks what a step waits for, and the run continues after the answer', async () => {
    const url = await mastra.url();
    const id = await startRefund(url, { id: 7, items: ['lamp'] });
    const query = 'subscription ($id: ID!) { runUpdated(workflowId: "refund", id: $id) { run { status } } }';
    const stream = await openStream(url, { query, variables: { id } }, 'shop-key');
    const page = await open({ key: 'shop-key' });
    await page.goto(`${url}/workflows/refund/runs/${id}`);
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Answer approve' });
    await dialog.getByText('Refund order 7?').waitFor();
    await dialog.getByLabel('isApproved').selectOption('Yes');
    await dialog.getByRole('button', { name: 'Send answer' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Final', { exact: true }).waitFor();
    let data = JSON.stringify(await stream.nextData());
    while (!data.includes('COMPLETED')) data = JSON.stringify(await stream.nextData());
    stream.cut();
  });
});

if (bullmq) {
  describeInBrowser('the page of a BullMQ flow', (open) => {
    it('shows a live flow with the attempts of its jobs until it ends', async () => {
      const url = await bullmq.url();
      const page = await open({ key: 'shop-key' });
      await page.goto(`${url}/workflows/refund/runs/${await startRefund(url, {})}`);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByText('find-order').first().waitFor();
      await page.getByText('Final', { exact: true }).waitFor();
      expect(await page.getByText('Completed').count()).toBeGreaterThan(0);
      await page.getByText('5, 1 failed').waitFor();
      await page.getByText('More', { exact: true }).click();
      await page.getByText('Lost to retries').first().waitFor();
      await page.goto(`${url}/workflows/refund`);
      await page.getByText('Pays an order back.').first().waitFor();
    });
  });
} else it.skip('The page of a BullMQ flow (there is no valkey-server on this machine)', () => undefined);
