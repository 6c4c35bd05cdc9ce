import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, untilTrue, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';

/** Two pages of a hundred and some more; thirty that started at the same instant stand at the end of each. */
const RUNS = 230;
const TIE = 30;
const START = '2026-01-01T00:02:00.000Z';

await describeInBrowser('older runs', (browser) => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    workflows = createScriptedWorkflows(['a', 'b']);
    upstream = await startFaultyUpstream(workflows.script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
    workflows.start('a', 'too-old');
    for (let number = 0; number < RUNS; number += 1) {
      workflows.start(number % 3 === 0 ? 'b' : 'a', `run-${number}`, { tie: number % TIE !== 0 });
    }
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const ROWS = `[...document.querySelectorAll('[aria-label="Other runs"] a[data-row]')].map((row) => row.title)`;
  const rowsOf = (page: Page) => page.evaluate<string[]>(ROWS);

  it('are reached from the home page, each once, down to where the chosen time begins; what is new stays on the first page', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/?start=${START}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Show more' }).click();
    await untilTrue(page, `${ROWS}.length === 100`);
    const seen: string[] = [];
    const older = page.getByRole('link', { name: 'Older runs' });
    while ((await older.count()) > 0) {
      seen.push(...(await rowsOf(page)));
      await older.click();
      await untilTrue(page, `${ROWS}.length > 0 && !${ROWS}.includes(${JSON.stringify(seen.at(-1))})`);
    }
    expect(new URL(page.url()).searchParams.get('start')).toBe(START);
    workflows.start('a', 'newest');
    await page.getByRole('article').getByText('newest').waitFor({ state: 'attached' });
    seen.push(...(await rowsOf(page)));
    expect(seen.toSorted()).toEqual(Array.from({ length: RUNS }, (_, number) => `run-${number}`).toSorted());
    await page.getByRole('link', { name: 'Newest runs' }).click();
    await untilTrue(page, `${ROWS}[0] === 'newest'`);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
