import { afterAll, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const failed = { status: 'failed', error: 'no host' };
const gateway = await startGateway({
  script: ({ endpoint, runId }) => ({ json: endpoint === 'run' ? [wireRun(runId, failed)] : [wireStep(failed)] }),
});
afterAll(() => gateway.close());

describeInBrowser('the page of a failed run', (open) => {
  it('shows the error of the step that failed', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/r1`);
    const failure = page.getByRole('region', { name: 'Why the run failed' });
    await failure.getByRole('heading', { name: 'no host' }).waitFor();
  });
});
