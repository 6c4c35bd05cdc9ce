/** What a visitor sees after `npm start`. */
import { afterAll, expect, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { SAMPLE, startGateway } from '../harness/gateway.ts';

const gateway = await startGateway({ upstream: SAMPLE, isShowcase: true });
afterAll(() => gateway.close());

describeInBrowser('a visitor of the sample', (open) => {
  it('sees a new failure and an overdue run on the first screen', async () => {
    const page = await open();
    await page.goto(gateway.url);
    const failures = page.getByRole('list', { name: 'Failures', exact: true }).locator('> li');
    await failures.first().getByText('New', { exact: true }).waitFor();
    await failures.first().getByRole('link', { name: 'draft_reply' }).waitFor();
    const overdue = failures.filter({ hasText: 'Overdue' });
    await overdue.getByText(/^running for \d+ min \d\d s, usually [\d.]+ s, at embed$/).waitFor();
    expect((await overdue.boundingBox())?.y).toBeLessThan(700);
    // By keyboard it is the row after the failures.
    const rows = await failures.allTextContents();
    for (let row = 0; row <= rows.findIndex((text) => text.trim().startsWith('Overdue')); row += 1)
      await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.closest("li").textContent')).toMatch(/^\s*Overdue/);
    await page.setViewportSize({ width: 390, height: 780 });
    expect((await overdue.boundingBox())?.y).toBeLessThan(700);
    await overdue.getByRole('link').first().click();
    const notice = page.getByRole('region', { name: 'Overdue' });
    await notice.getByText(/^Overdue: usually [\d.]+ s \(p95 [\d.]+ s\), now \d+ min \d\d s$/).waitFor();
    await notice.getByText(/^At embed for \d+ min \d\d s, usually [\d.]+ s \(p95 [\d.]+ s\)/).waitFor();
    await notice.getByRole('button', { name: 'Copy' }).click();
    await notice.getByRole('button', { name: 'Copied' }).waitFor();
    await notice.getByRole('link', { name: 'Its inputs' }).click();
    await page.getByRole('dialog', { name: 'Step' }).getByRole('button', { name: 'Inputs', pressed: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('95% of executions end before').waitFor();
    await page.getByRole('link', { name: 'Graph', exact: true }).click();
    await page.getByRole('link', { name: /embed/ }).waitFor();
    await page
      .getByText(/usually [\d.]+ s$/)
      .first()
      .waitFor();
  });

  it('reads in one line what this is and where API, key and docs are', async () => {
    const page = await open();
    await page.goto(gateway.url);
    const note = page.locator('main > p').filter({ hasText: 'This is a sample of Stepgate' });
    await note.waitFor();
    expect(await note.textContent()).toContain('demo-key');
    expect(await note.getByRole('link', { name: 'API' }).getAttribute('href')).toBe('/graphql');
    await note.getByRole('link', { name: 'Documentation' }).waitFor();
  });

  it('sees costs', async () => {
    const page = await open();
    await page.goto(`${gateway.url}/cost?since=7d`);
    await page.getByRole('region', { name: 'By workflow' }).getByText(/^\$\d/).first().waitFor();
  });
});
