import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { follow, openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const WORKFLOW = 'w/f%2F100%';
const IDS = ['a/b', 'x%2Fy', 'x%252Fy', '100%', 'q?z#h', 'sp ace+plus', 'a%41', 'semi;v=1', '__proto__', '%E0%A4%A'];

await describeInBrowser('an id', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'workflows') return { json: [wireWorkflow(WORKFLOW)] };
      if (endpoint === 'runs') return { json: IDS.map((id) => wireRun(id)) };
      return { json: [endpoint === 'run' ? wireRun(runId) : wireStep()] };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('of any characters leads from a list to its workflow and its run', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const path = `/workflows/${encodeURIComponent(WORKFLOW)}`;
    await page.goto(gateway.url + path);
    for (const id of IDS) {
      await page.getByRole('row').getByRole('link', { name: id, exact: true }).click();
      await page.getByRole('heading', { level: 1, name: id, exact: true }).waitFor();
      await page.getByText('Final', { exact: true }).waitFor();
      const asked = upstream.calls.findLast(({ endpoint }) => endpoint === 'steps');
      expect([asked?.workflowId, asked?.runId]).toEqual([WORKFLOW, id]);
      await follow(page, path);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
