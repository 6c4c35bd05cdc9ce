/** An incident, from opening the page to its cause: 6 workflows, 3,000 runs, a prompt that changed 50 minutes ago. */
import { afterAll, expect, it } from '@jest/globals';
import { violationsOf } from '../harness/axe.ts';
import { startPageGateway } from '../harness/browser-gateway.ts';
import type { Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { createIncident, BEFORE_CHANGE, NEWEST_FAILURE } from './incident.ts';

const gateway = await startPageGateway(createIncident());
afterAll(() => gateway.close());

const failuresOf = (page: Page) => page.getByRole('list', { name: 'Failures', exact: true }).locator('> li');
const COMPARISON = new RegExp(
  `/workflows/triage/runs/${NEWEST_FAILURE}\\?tab=compare&node=enrich&with=${BEFORE_CHANGE}&diff=inputs$`,
);

/** All that needs no click: which workflow, since when, that it is new, and what changed before. */
async function readsTheIncident(page: Page): Promise<void> {
  const [first, second, third] = [0, 1, 2].map((place) => failuresOf(page).nth(place));
  if (!first || !second || !third) throw new Error('there are three rows');
  for (const text of ['New', 'Order triage', 'enrich', '5×', /^ValueError: the answer for order \d+ is not a label$/])
    await first.getByText(text, { exact: true }).first().waitFor();
  expect(await first.locator('dl').textContent()).toMatch(/^First seen4\d minutes agoLast seen\d minutes? ago$/);
  await first.getByText(/^Prompt of enrich changed (49|5\d) minutes ago, shortly before the first failure/).waitFor();
  await first.getByText('Answer with a JSON list of labels.').waitFor();
  // The other failure is old, and the workflow that cannot be read is named with the failures of the others.
  await second.getByText('Resolved', { exact: true }).waitFor();
  expect(await second.textContent()).toMatch(/Invoices.*First seenat least (?:yesterday|\d+ hours ago)/);
  await third.getByText('Can’t be read').waitFor();
  await third.getByRole('link', { name: 'Mail' }).waitFor();
}

describeInBrowser('an incident', (open) => {
  it('is read from the first screen without a click, with the newest run and its comparison one click away', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(gateway.url);
    await readsTheIncident(page);
    const incident = failuresOf(page).first();
    const isOnScreen = (await incident.boundingBox())?.y ?? Infinity;
    expect(isOnScreen).toBeLessThan(300);
    await incident.getByRole('link', { name: 'Compare with the last success' }).click();
    await page.waitForURL(COMPARISON);
    await page
      .getByRole('row', { name: /enrich/ })
      .getByText('Now fails')
      .waitFor();
    await page.goBack();
    await incident.getByRole('link', { name: 'See the change' }).click();
    await page.waitForURL(/runs\/triage-24\?tab=compare&node=enrich&with=triage-25&diff=inputs$/);
    await page.goBack();
    await incident.getByRole('link', { name: NEWEST_FAILURE }).click();
    await page.getByText('A step failed').waitFor();
  });

  it('is marked on the trends of the workflow and of the node, with the number of runs that were compared', async () => {
    const page = await open({ key: 'key-4' });
    await page.goto(`${gateway.url}/workflows/triage?tab=trends`);
    const changes = page.getByRole('region', { name: /^What changed looked at 50 of 50 runs · workflow updated/ });
    await changes.getByText(/^Prompt of enrich changed/).waitFor();
    const marks = page.locator('svg line.changed');
    expect(await marks.count()).toBe(2);
    await page.getByRole('combobox', { name: 'Of' }).selectOption('fetch');
    await changes.getByText('No change of model, prompt, parameters or graph found.').waitFor();
    await marks.first().waitFor({ state: 'detached' });
    const small = await startPageGateway(createIncident(), { MAX_UPSTREAM_CALLS: '20' });
    await page.goto(`${small.url}/workflows/triage?tab=trends`);
    // Runs that failed are cached by the list of failures.
    await page.getByText(/^looked at [12]\d of 50 runs/).waitFor();
    await small.close();
  });

  it('is read by keyboard: j goes to the newest run of the first failure, and Tab to its comparison', async () => {
    const page = await open({ key: 'key-2' });
    await page.goto(gateway.url);
    await readsTheIncident(page);
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(NEWEST_FAILURE);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(COMPARISON);
  });

  it('is read on a phone, where new, workflow and time are on the first screen', async () => {
    const page = await open({ key: 'key-3', width: 390, height: 844 });
    await page.goto(gateway.url);
    await readsTheIncident(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    const lastSeen = await failuresOf(page).first().getByText('Last seen').boundingBox();
    expect(lastSeen?.y).toBeLessThan(600);
    expect(await violationsOf(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(await violationsOf(page)).toEqual([]);
  });
});
