/** Takes the pictures of docs/screenshots: `node tools/build/screenshots.ts`, after a visible change. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openBrowser, openPage } from '../../test/harness/browser.ts';
import setUp from '../../test/harness/browser-setup.ts';
import { SAMPLE, startGateway } from '../../test/harness/gateway.ts';

const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));

const PAGES = [
  { name: 'home', path: '/', ready: 'New' },
  { name: 'workflow', path: '/workflows/support-triage', ready: 'ValueError' },
  { name: 'trends', path: '/workflows/support-triage?tab=trends', ready: 'Figures as a table' },
  { name: 'changes', path: '/workflows/support-triage?tab=trends', ready: 'See the change', from: '#changes' },
  { name: 'cost', path: '/cost', ready: 'Cost of failed runs' },
  { name: 'run', path: '/workflows/support-triage/runs/run-4711', ready: 'Copy summary' },
  { name: 'step', path: '/workflows/support-triage/runs/run-4711?step=FAILED', ready: 'context_length_exceeded' },
  { name: 'graph', path: '/workflows/support-triage/runs/run-4711?tab=graph', ready: 'not run' },
  { name: 'comparison', path: '/workflows/support-triage/runs/run-4711?tab=compare', ready: 'Now fails' },
];

const [only, widths = '1280', folder = FOLDER] = process.argv.slice(2);

setUp();
const gateway = await startGateway({ upstream: SAMPLE, isShowcase: true });
const { browser, missing } = await openBrowser();
if (!browser) throw new Error(`no pictures without a browser: ${missing}`);
await mkdir(folder, { recursive: true });

const { data } = await gateway.query(
  '{ run(workflowId: "support-triage", id: "run-4711") { failedSteps(latestAttemptOnly: true) { id } } }',
  { key: 'demo-key' },
);
const failedId = /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';

for (const theme of ['light', 'dark'] as const) {
  for (const width of widths.split(',').map(Number)) {
    const { page, context, complaints } = await openPage(browser, { theme, width, height: width < 600 ? 780 : 860 });
    for (const { name, path, ready, from } of PAGES) {
      if (only !== undefined && only !== 'all' && only !== name) continue;
      await page.goto(`${gateway.url}${path.replace('FAILED', encodeURIComponent(failedId))}`);
      await page.getByText(ready).first().waitFor();
      // Does not wait for an idle network: a page with live data keeps a connection open.
      await page.evaluate('document.fonts.ready');
      await page.locator('.loading, .skeleton').first().waitFor({ state: 'detached' });
      if (from !== undefined) await page.evaluate(`document.querySelector('${from}').scrollIntoView()`);
      const suffix = width === 1280 ? '' : `-${width}`;
      await page.screenshot({ path: `${folder}/${name}-${theme}${suffix}.png`, fullPage: width !== 1280 });
    }
    for (const complaint of complaints) process.stderr.write(`${theme} ${width}: ${complaint}\n`);
    await context.close();
  }
}
await browser.close();
await gateway.close();
