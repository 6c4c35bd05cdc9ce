import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { createManualClock } from '../harness/clock.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const at = (seconds: number): string => new Date(Date.parse('2026-11-01T10:00:00Z') + 1000 * seconds).toISOString();

/** In seconds: between them about an hour each. */
const STEPS = [
  [0, 600],
  [4200, 4500],
  [8000, 8300],
  [12_000, 12_600],
  [16_000, 16_100],
] as const;
const [, END] = STEPS[4];

/** Each mark's text with its left and its right edge, from left to right. */
const MARKS = `[...document.querySelectorAll('.timeline-axis .tick')].map((mark) => {
  const { left, right } = mark.getBoundingClientRect();
  return [mark.textContent, left, right];
}).sort(([, one], [, other]) => one - other)`;

await describeInBrowser('the marks of the time axis', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const steps = STEPS.map(([from, to], index) =>
      wireStep({ id: `s${index}`, node_id: `node_${index}`, start_time: at(from), end_time: at(to) }),
    );
    const clock = createManualClock();
    const start_time = new Date(clock.now() - 106_000).toISOString();
    const running = { status: 'running', start_time, end_time: null, elapsed_time: 0, outputs: null };
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (runId === 'running') return { json: [endpoint === 'steps' ? wireStep(running) : wireRun(runId, running)] };
      if (endpoint === 'steps') return { json: steps };
      return { json: [wireRun(runId, { start_time: at(0), end_time: at(END) })] };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: clock.now, after: clock.after });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([
    ['r1', 360],
    ['r1', 768],
    ['r1', 1280],
    ['running', 1280],
  ])('do not run into one another: of %s, at %i pixels', async (runId, width) => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1', width });
    await page.goto(`${gateway.url}/workflows/wf/runs/${runId}`);
    await page.getByText(runId === 'running' ? /^now$/ : 'idle 1 h 00 min').waitFor();
    const marks = await page.evaluate<readonly (readonly [string, number, number])[]>(MARKS);
    for (const [index, [, left]] of marks.slice(1).entries()) expect(left).toBeGreaterThan(marks[index]?.[2] ?? 0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
