import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

const INPUTS = `query ($id: ID!) { run(workflowId: "support-triage", id: $id) { inputs } }`;

await describeInBrowser('somebody on call', (browser) => {
  let gateway: SampleGateway;

  beforeAll(async () => {
    gateway = await startSampleGateway();
  });
  afterAll(() => gateway.close());

  const inputsOf = async (id: string) =>
    (await gateway.query(INPUTS, { variables: { id }, key: 'demo-key' })).data as unknown;

  it('goes from what failed to why, how often, what changed, and the same again, in six actions', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    let actions = 0;
    const act = async (action: Promise<void>) => {
      actions += 1;
      await action;
    };

    // Something failed: what, where and why is in the list already.
    await page.goto(gateway.url);
    const failed = page
      .getByRole('list', { name: 'Failed runs' })
      .getByRole('listitem')
      .filter({ hasText: 'run-4711' });
    await failed.getByText('draft_reply').waitFor();
    await failed.getByText(/^The model accepts 32768 tokens/).waitFor();
    await act(failed.getByRole('link', { name: 'run-4711' }).click());
    await page
      .getByText(/^The model accepts 32768 tokens, but the messages came to 35120/)
      .first()
      .waitFor();

    // How often, since when, and was it always so?
    await act(page.getByRole('link', { name: 'How often, and since when?' }).click());
    const group = page
      .getByRole('region', { name: /^Failures/ })
      .getByRole('listitem')
      .first();
    await group.getByText('4×').waitFor();
    await group.getByText('First seen').waitFor();
    await page.getByRole('group', { name: /^Executions over time/ }).waitFor();

    // What changed since it last worked?
    await act(group.getByRole('link', { name: 'run-4711' }).click());
    await act(page.getByRole('link', { name: 'Compare with…' }).click());
    await page
      .getByRole('row', { name: /draft_reply/ })
      .getByText('Broke')
      .waitFor();

    // The same again, from the keyboard.
    await act(page.getByRole('link', { name: 'Run again' }).click());
    await page.getByText('The inputs of run-4711').waitFor();
    await act(page.keyboard.press('Control+Enter'));
    await page.waitForURL(/\/workflows\/support-triage\/runs\/(?!run-4711)/);
    await page.getByText('Live', { exact: true }).waitFor();

    const started = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
    expect(await inputsOf(started)).toEqual(await inputsOf('run-4711'));
    expect(actions).toBeLessThanOrEqual(6);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
