/** What the page shows to a caller who may not read all of a payload. */
import { hash } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const sha256 = (key: string) => hash('sha256', key, 'hex');

const gateway = await startGateway({
  script: ({ endpoint, runId }) => ({
    json: endpoint === 'run' ? [wireRun(runId, { inputs: { question: 'Where is my order?' } })] : [wireStep()],
  }),
  env: {
    UPSTREAM_AUTH: 'service',
    UPSTREAM_API_KEY: 'service-key',
    GATEWAY_KEYS_SHA256: `support+payloads:read:${sha256('support')},board:${sha256('board')}`,
  },
  redaction: { rules: [{ texts: true, unless: 'payloads:read' }] },
});
afterAll(() => gateway.close());

const NOTE = 'Your key may not read what is marked [redacted]: it doesn’t have the right payloads:read.';

describeInBrowser('a redacted payload', (open) => {
  it.each(['?tab=payload', '?step=step-1&side=inputs'])('names the right that shows it: %s', async (search) => {
    const url = `${gateway.url}/workflows/wf/runs/r1${search}`;
    const page = await open({ key: 'board' });
    await page.goto(url);
    await page.getByText(NOTE).waitFor();
    const support = await open({ key: 'support' });
    await support.goto(url);
    await support.getByRole('tree').first().waitFor();
    expect(await support.getByText('[redacted]').count()).toBe(0);
  });

  it('cannot be sent as the inputs of a new run', async () => {
    const page = await open({ key: 'board' });
    await page.goto(`${gateway.url}/workflows/wf?run=new&from=r1`);
    await page.getByText('Your key may not read what is marked [redacted]: write it yourself.').waitFor();
    expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
  });
});
