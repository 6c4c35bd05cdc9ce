/** An incident, from opening the page to its cause: 6 workflows, 3,000 runs, a prompt that changed 50 minutes ago. */
import { afterAll, expect, it } from '@jest/globals';
import { violationsOf } from '../peers/axe.ts';
import { operationOf, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { BEFORE_CHANGE, createIncident, NEWEST_FAILURE, TEAM } from '../harness/incident.ts';

const gateway = await startGateway({ script: createIncident(Date.now(), TEAM), env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());

const failuresOf = (page: Page) => page.getByRole('list', { name: 'Failures', exact: true }).locator('> li');
const COMPARISON = new RegExp(
  `/workflows/triage/runs/${NEWEST_FAILURE}\\?tab=compare&node=enrich&with=${BEFORE_CHANGE}$`,
);

/** All that needs no click: which workflow, since when, that it is new, how many runs, and what changed before. */
async function readsTheIncident(page: Page): Promise<void> {
  const [first, second, third] = [0, 1, 2].map((place) => failuresOf(page).nth(place));
  if (!first || !second || !third) throw new Error('The list must have three rows.');
  for (const text of [
    'New',
    'Order triage',
    'enrich',
    '5×',
    /^in \d\d runs$/,
    /^ValueError: the answer for order \d+ is not a label$/,
  ])
    await first.getByText(text, { exact: true }).first().waitFor();
  await first.getByText(/^since 4\d minutes ago$/).waitFor();
  await first.getByRole('link', { name: /^changed (49|5\d) minutes ago: prompt$/ }).waitFor();
  // The other failure is old, and the workflow that cannot be read is named with the failures of the others.
  await second.getByText('Invoices').waitFor();
  await second.getByText(/Resolved|Ongoing/).waitFor();
  await third.getByText('Can’t be read').waitFor();
  await third.getByRole('link', { name: 'Mail' }).waitFor();
}

describeInBrowser('an incident', (open) => {
  it('is on the first screen, above the runs, with one query for all failures', async () => {
    const page = await open({ key: 'key-1' });
    const asked: (string | undefined)[] = [];
    page.on('request', (request) => asked.push(operationOf(request)));
    // With a new minute, the page asks for the failures of another day.
    await page.clock.setFixedTime(Date.now());
    await page.goto(gateway.url);
    await readsTheIncident(page);
    const boxes = await Promise.all(
      [failuresOf(page).first(), page.locator('.run-list li').first()].map((row) => row.boundingBox()),
    );
    expect(boxes[0]?.height).toBeLessThan(100);
    expect((boxes[0]?.y ?? NaN) + (boxes[0]?.height ?? NaN)).toBeLessThan(300);
    expect(boxes[1]?.y).toBeLessThan(600);
    await page.locator('.run-list').getByText('enrich').first().waitFor();
    // The live list, and four queries for the first screen. The errors of failed runs in the list come after it.
    expect(asked.filter((name) => name !== undefined).toSorted()).toEqual([
      ...['FailedRuns', 'Failures', 'RecentRuns', 'RunsUpdated', 'Shifts', 'Workflows'],
    ]);
  });

  it('leads to the changed part of the prompt with one click', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(gateway.url);
    const incident = failuresOf(page).first();
    await incident.getByRole('link', { name: /^changed/ }).click();
    await page.waitForURL(/runs\/triage-24\?tab=compare&node=enrich&with=triage-25&diff=prompt$/);
    await page.getByText('JSON list of labels').first().waitFor();
    await page.goBack();
    await incident.getByRole('link', { name: /^ValueError/ }).click();
    const failure = page.getByRole('region', { name: 'Why the run failed' });
    await failure.getByRole('link', { name: /^changed/ }).waitFor();
    for (const text of ['New', /^in 4 of the \d+ runs before it$/, /^since 4\d minutes ago \(.*:\d\d\)$/])
      await failure.getByText(text, { exact: true }).waitFor();
    await failure.getByRole('button', { name: 'Copy summary' }).waitFor();
    await page.getByRole('link', { name: 'Compare with a run before the change' }).click();
    await page.waitForURL(COMPARISON);
    await page
      .getByRole('row', { name: /enrich/ })
      .getByText('Now fails')
      .waitFor();
    await page.getByText('JSON list of labels').first().waitFor();
  });

  it('is marked on the trends, with the number of compared runs', async () => {
    const page = await open({ key: 'key-4' });
    await page.goto(`${gateway.url}/workflows/triage?tab=trends`);
    const changes = page.getByRole('region', { name: /^What changed looked at 50 of 50 runs · workflow updated/ });
    await changes.getByText(/^Prompt of enrich changed/).waitFor();
    const marks = page.locator('svg line.changed');
    expect(await marks.count()).toBe(2);
    await page.getByRole('combobox', { name: 'Of' }).selectOption('fetch');
    await changes.getByText('No change of model, prompt, parameters or graph found.').waitFor();
    await marks.first().waitFor({ state: 'detached' });
    const small = await startGateway({
      script: createIncident(Date.now(), TEAM),
      env: { LIVE_TTL_MS: '50', MAX_UPSTREAM_CALLS: '20' },
    });
    await page.goto(`${small.url}/workflows/triage?tab=trends`);
    // Runs that failed are cached by the list of failures.
    await page.getByText(/^looked at [1-4]\d of 50 runs/).waitFor();
    await small.close();
  });

  it('is readable by keyboard: j, Enter and Tab lead to its change', async () => {
    const page = await open({ key: 'key-2' });
    await page.goto(gateway.url);
    await readsTheIncident(page);
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^ValueError/);
    for (let stop = 0; stop < 3; stop += 1) await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^changed/);
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${gateway.url}/workflows/triage/runs/${NEWEST_FAILURE}`);
  });

  it('fits a phone, with "New", workflow and time on the first screen', async () => {
    const page = await open({ key: 'key-3', width: 390, height: 844 });
    await page.goto(gateway.url);
    await readsTheIncident(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    const since = await failuresOf(page)
      .first()
      .getByText(/^since/)
      .boundingBox();
    expect(since?.y).toBeLessThan(600);
    expect(await violationsOf(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(await violationsOf(page)).toEqual([]);
  });
});
