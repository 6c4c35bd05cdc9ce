import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

await describeInBrowser('GraphiQL', (browser) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ BASE_PATH: '/stepgate' });
  });
  afterAll(() => gateway.close());

  it('works without the internet, is chosen beside Sandbox, and is there again the next time', async () => {
    const { page, context, complaints } = await openPage(browser());
    const asked = new Set<string>();
    await context.route(
      (url) => url.origin !== gateway.url,
      (route) => {
        asked.add(new URL(route.request().url()).host);
        return route.abort();
      },
    );
    const url = `${gateway.url}/stepgate/graphql`;
    await page.goto(url);
    await page.getByRole('link', { name: 'GraphiQL (works offline)' }).click();
    await page.locator('.graphiql-query-editor').getByText('recentRuns').first().waitFor();
    asked.clear();
    complaints.splice(0);
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await page.locator('.result-window').getByText('recentRuns').waitFor();

    await page.getByRole('button', { name: /Show GraphiQL Explorer/ }).click();
    await page.locator('.graphiql-explorer-root').getByText('compareRuns').waitFor();
    await page.getByRole('button', { name: 'Open settings dialog' }).click();
    await page.getByRole('dialog').getByText('Theme', { exact: true }).waitFor();
    await page.keyboard.press('Escape');

    // A subscription comes by server-sent events.
    const query =
      'subscription { runUpdated(workflowId: "support-triage", id: "run-4711") { id freshness { isFinal } } }';
    await page.goto(`${url}?query=${encodeURIComponent(query)}`);
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await page.locator('.result-window').getByText('isFinal').waitFor();

    await page.goto(url);
    await page.getByRole('button', { name: /^Execute query/ }).waitFor();
    expect([...asked]).toEqual([]);
    expect(complaints).toEqual([]);
    await page.getByRole('link', { name: 'Apollo Sandbox' }).click();
    await page.getByRole('link', { name: 'GraphiQL (works offline)' }).waitFor();
    await page.goto(url);
    await page.getByRole('link', { name: 'GraphiQL (works offline)' }).waitFor();
    await context.close();
  });
});
