/** What differs between two runs, and between two attempts. */
import { afterAll, expect, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

/** Newest first. The prompt changed with `bad-1`; it fails now and then. */
const RUNS = ['bad-2', 'lucky', 'bad-1', 'good', 'older'];
const minuteOf = (id: string) => 9 - RUNS.indexOf(id);
const at = (id: string, second: number) => `2026-01-01T10:0${minuteOf(id)}:${String(second).padStart(2, '0')}.000Z`;
const hasFailed = (id: string) => id.startsWith('bad');

const ask = (prompt: string) => ({ model: 'virtuoso-large', messages: [{ role: 'user', content: prompt }] });
const answer = (content: string) => ({ choices: [{ message: { role: 'assistant', content } }] });
const promptOf = (id: string) => (id === 'good' || id === 'older' ? 'Answer in one word.' : 'Answer in JSON.');

const recordOf = (id: string): Wire =>
  wireRun(id, {
    status: hasFailed(id) ? 'failed' : 'completed',
    ...{ start_time: at(id, 0), end_time: at(id, id === 'bad-2' ? 50 : 4), elapsed_time: 4 },
  });

const stepsOf = (id: string): Wire[] => [
  wireStep({
    ...{ id: `${id}-1`, node_id: 'write', start_time: at(id, 0), end_time: at(id, 1), elapsed_time: 1 },
    ...{ status: 'failed', error: 'The answer is empty', inputs: ask('Try one.'), outputs: null, attempt: 1 },
  }),
  wireStep({
    ...{ id: `${id}-2`, node_id: 'write', start_time: at(id, 1), end_time: at(id, 2), elapsed_time: 1 },
    // Other inputs are other work, unless the upstream says otherwise.
    ...{ inputs: ask('Try two.'), outputs: answer('Hello.'), attempt: 2 },
  }),
  wireStep({
    ...{ id: `${id}-3`, node_id: 'parse', start_time: at(id, 2), end_time: at(id, 4), elapsed_time: 2 },
    ...{ inputs: ask(promptOf(id)), outputs: hasFailed(id) ? null : answer('yes') },
    ...(hasFailed(id) && { status: 'failed', error: 'No JSON object found' }),
  }),
];

const script: Script = ({ endpoint, runId }) => {
  if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
  if (endpoint === 'runs') return { json: RUNS.map(recordOf) };
  return { json: endpoint === 'run' ? [recordOf(runId)] : stepsOf(runId) };
};
const gateway = await startGateway({ script, env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());

const COMPARED = `${gateway.url}/workflows/wf/runs/bad-2?tab=compare`;

describeInBrowser('a comparison', (open) => {
  it('starts at the first difference, with the error and the idle time', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(COMPARED);
    const base = page.getByLabel('Compare with');
    const nodes = page.getByRole('region', { name: 'Node by node' });
    await nodes.getByRole('deletion').filter({ hasText: 'Answer in one word.' }).waitFor();
    // The success right before it, `lucky`, has the prompt that fails.
    expect(await base.inputValue()).toBe('good');
    expect(await base.locator('option').allTextContents()).toEqual([
      expect.stringMatching(/^Before the failures began.*good$/),
      expect.stringMatching(/^Last success ·.*lucky$/),
      expect.stringMatching(/^Failed.*bad-1$/),
      expect.stringMatching(/^Completed.*older$/),
    ]);
    const sides = nodes.getByRole('group', { name: 'Compared text' }).getByRole('button');
    expect(await sides.allTextContents()).toEqual([
      ...['Answer · differs', 'Prompt · differs', 'Outputs · differs', 'Inputs · differs'],
    ]);
    await nodes.getByText('No JSON object found').waitFor();
    await page.getByText(/idle 46.* s \(92%\)/).waitFor();
    await page.getByText(/idle 0.*\(0%\)/).waitFor();

    await base.selectOption('lucky');
    await nodes.getByRole('deletion').filter({ hasText: 'yes' }).waitFor();
    expect(await sides.allTextContents()).toEqual(['Answer · differs', 'Prompt', 'Outputs · differs', 'Inputs']);
  });

  it('compares two selected runs, with the older one as the base', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf`);
    await page.getByLabel('Compare older').check();
    await page.getByText('Tick a second run').waitFor();
    await page.getByLabel('Compare bad-1').check();
    expect(await page.getByLabel('Compare good').isDisabled()).toBe(true);
    await page.getByRole('link', { name: 'Compare the two' }).click();
    await page.waitForURL(/runs\/bad-1\?tab=compare&with=older/);
    await page.getByRole('region', { name: 'Node by node' }).waitFor();
  });

  it('compares an attempt with the attempt before', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/bad-2?step=bad-2-2`);
    const drawer = page.getByRole('dialog', { name: 'Step' });
    await drawer.getByRole('button', { name: 'Compare with attempt 1' }).click();
    await drawer.getByRole('deletion').filter({ hasText: 'Try one.' }).waitFor();
    await drawer.getByText('The answer is empty').waitFor();
  });
});
