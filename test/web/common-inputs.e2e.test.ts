/** What failing runs have in common, and what became slower, in the incident of the sample. */
import { afterAll, expect, it } from '@jest/globals';
import { SAMPLE, startGateway } from '../harness/gateway.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';

const gateway = await startGateway({ upstream: SAMPLE, isShowcase: true });
afterAll(() => gateway.close());

describeInBrowser('common inputs', (open) => {
  it('link from home to the failed and completed runs that have them', async () => {
    const page = await open();
    await page.goto(gateway.url);
    await page.getByRole('link', { name: /inputs\.language is de in 8 of 8 failed runs and in 1 of 14/ }).click();
    await page.getByRole('searchbox', { name: 'Inputs' }).waitFor();
    const runs = page.locator('.run-list li');
    await runs.nth(8).waitFor();
    expect(await runs.count()).toBe(9);
    await page.getByRole('searchbox', { name: 'Inputs' }).fill('language =');
    await page.getByText('length of name ≥ 5').waitFor();
  });

  it('appear in the summary of a failed run', async () => {
    const page = await open();
    await page.goto(gateway.url);
    await page
      .getByRole('link', { name: /^ValueError/ })
      .first()
      .click();
    await page.locator('.run-failure').getByText('Have in common').waitFor();
  });

  it('precede what became slower, with the change before it', async () => {
    const page = await open();
    await page.goto(gateway.url);
    const shifts = page.getByRole('region', { name: 'Slower or dearer' });
    await shifts.getByText('prompt of extract_entities').waitFor();
    await shifts.getByRole('link', { name: 'Document ingest' }).click();
    await page
      .getByRole('region', { name: 'Slower or dearer' })
      .getByText('extract_entities', { exact: true })
      .waitFor();
    await page.getByText('shifted').first().waitFor();
  });
});
