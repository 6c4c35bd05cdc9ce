import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../support/browser.ts';
import { describeInBrowser } from '../support/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { wireRun, wireStep } from '../support/wire.ts';

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
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: steps };
      return { json: [wireRun(runId, { start_time: at(0), end_time: at(END) })] };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([360, 768, 1280])('do not run into one another, at %i pixels', async (width) => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1', width });
    await page.goto(`${gateway.url}/workflows/wf/runs/r1`);
    await page.getByText('idle 1 h 00 min').waitFor();
    const marks = await page.evaluate<readonly (readonly [string, number, number])[]>(MARKS);
    for (const [index, [, left]] of marks.slice(1).entries()) expect(left).toBeGreaterThan(marks[index]?.[2] ?? 0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
