import { expect, it } from '@jest/globals';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startLiveRun } from '../harness/live-run.ts';

const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } steps { outputs } } }`;

/** In the page. Adds what comes to `received`. */
async function watch(query: string): Promise<string | null> {
  const target = globalThis as unknown as { received: string };
  target.received = '';
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', authorization: 'Bearer key-1' },
    body: JSON.stringify({ query }),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (): Promise<void> => {
    const { done = true, value = '' } = (await reader?.read()) ?? {};
    target.received += done ? 'END' : value;
    if (!done) await read();
  };
  void read();
  return response.headers.get('content-encoding');
}

await describeInBrowser('compressed events in a browser', (browser) => {
  it('come at once, before the next one is made, and end well', async () => {
    const run = await startLiveRun();
    run.outputs = 'é'.repeat(3000);
    const page = await browser().newPage();
    const has = (text: string) =>
      page.waitForFunction((part) => (globalThis as unknown as { received: string }).received.includes(part), text);
    await page.goto(`${run.gateway.url}/healthz`);
    expect(await page.evaluate(watch, WATCH)).toBe('gzip');
    await has('"total":1');
    run.steps = 2;
    await run.feeds(1);
    await run.poll();
    await has('"total":2');
    run.status = 'completed';
    await run.poll(0);
    await has('event: complete');
    await has('END');
    await page.close();
    await run.close();
  });
});
