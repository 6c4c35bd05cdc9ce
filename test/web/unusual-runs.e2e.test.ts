import { afterAll, expect, it } from '@jest/globals';
import { follow, type Page, untilTrue } from '../harness/browser.ts';
import { createManualClock } from '../harness/clock.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const STEPS = 10_000;
const FAILED = 7777;
const START_MS = Date.parse('2026-11-20T10:00:00Z');
const at = (ms: number): string => new Date(START_MS + ms).toISOString();

/** Ten steps at a time, a second each, with a pause of an hour in the middle. */
const MANY: Wire[] = Array.from({ length: STEPS }, (_, index) => {
  const offsetMs = Math.floor(index / 10) * 1000 + (index >= STEPS / 2 ? 3_600_000 : 0);
  // The failing node runs only once: a later step would count as a successful retry.
  const failure = index === FAILED && { node_id: 'fragile', status: 'failed', error: 'It broke' };
  const times = { start_time: at(offsetMs), end_time: at(offsetMs + 900), elapsed_time: 0 };
  return wireStep({ id: `step-${index}`, node_id: `node_${index % 40}`, outputs: null, ...times, ...failure });
});

/** About five megabytes of JSON. */
const LARGE = {
  rows: Array.from({ length: 50_000 }, (_, index) => ({ index, text: `row ${index} `.repeat(8) })),
  last: 'the end',
};

/** Start and end in seconds, with about an hour between them. */
const APART = [
  [0, 600],
  [4200, 4500],
  [8000, 8300],
  [12_000, 12_600],
  [16_000, 16_100],
].map(([from = 0, to = 0]) =>
  wireStep({ id: `s${from}`, node_id: `node_${from}`, start_time: at(1000 * from), end_time: at(1000 * to) }),
);

/** A short step, an hour of waiting, and the rest. */
const EARLY = [
  [0, 0.4],
  [3600, 3604],
  [3604, 3610],
].map(([from = 0, to = 0]) => wireStep({ id: `s${from}`, start_time: at(1000 * from), end_time: at(1000 * to) }));
const OBJECT_ERROR = '{"message":"The index is gone","type":"IndexError","code":7}';

const FRAMES = Array.from(
  { length: 60 },
  (_, index) => `  File "/srv/flows/loader_${index}.py", line ${index}, in load_${index}`,
);
const TRACEBACK = ['Traceback (most recent call last):', ...FRAMES, 'ValueError: no rows in the sheet'].join('\n');
const LONG_NAME = 'a'.repeat(300);
const RTL_NAME = 'שלב_ראשון_של_התהליך';
const WITHOUT_OUTPUTS = { inputs: { order: 7 }, outputs: null };
const longTexts = (failure: Wire): Wire[] => [
  wireStep({ id: 'rtl', node_id: RTL_NAME }),
  wireStep({ id: 'long', node_id: LONG_NAME, ...WITHOUT_OUTPUTS, ...failure }),
  wireStep({ id: 'silent', node_id: 'silent', ...WITHOUT_OUTPUTS, status: 'failed', error: '' }),
];

const clock = createManualClock();
const start_time = new Date(clock.now() - 106_000).toISOString();
const RUNNING = { status: 'running', start_time, end_time: null, elapsed_time: 0, outputs: null };
const UNTIMED = wireStep({ start_time: null, end_time: null });

const RUNS: Readonly<Record<string, { readonly run?: Wire; readonly steps: readonly Wire[] }>> = {
  many: { run: { start_time: at(0), end_time: at(4_600_000) }, steps: MANY },
  'large-outputs': { steps: [wireStep({ outputs: LARGE })] },
  apart: { run: { start_time: at(0), end_time: at(16_100_000) }, steps: APART },
  early: { run: { start_time: at(0), end_time: at(3_610_000) }, steps: EARLY },
  'object-error': { run: { status: 'failed', error: OBJECT_ERROR }, steps: [wireStep()] },
  running: { run: RUNNING, steps: [wireStep(RUNNING)] },
  bad: {
    run: { status: 'failed', error: 'It broke. '.repeat(200) },
    steps: longTexts({ status: 'failed', error: TRACEBACK }),
  },
  good: { steps: longTexts({}) },
  untimed: { steps: [UNTIMED] },
  empty: { steps: [] },
  waiting: { run: RUNNING, steps: [wireStep({ ...UNTIMED, status: 'pending', elapsed_time: null })] },
};

const WORKFLOW = 'w/f%2F100%';
const IDS = ['a/b', 'x%2Fy', 'x%252Fy', '100%', 'q?z#h', 'sp ace+plus', 'a%41', 'semi;v=1', '__proto__', '%E0%A4%A'];

const script: Script = ({ endpoint, workflowId, runId }) => {
  const found = Object.hasOwn(RUNS, runId) ? RUNS[runId] : undefined;
  if (endpoint === 'workflows') return { json: [wireWorkflow(WORKFLOW)] };
  if (endpoint === 'runs' && workflowId === WORKFLOW) return { json: IDS.map((id) => wireRun(id)) };
  if (endpoint === 'runs') return { json: ['bad', 'good'].map((id) => wireRun(id, RUNS.bad?.run)) };
  if (endpoint === 'run') return { json: [wireRun(runId, { all_outputs: null, ...found?.run })] };
  return { json: found?.steps ?? [wireStep()] };
};

const gateway = await startGateway({ script, env: { LIVE_TTL_MS: '50' }, clock });
afterAll(() => gateway.close());

describeInBrowser('the page of an unusual run', (open) => {
  const pathOf = (runId: string) => `${gateway.url}/workflows/wf/runs/${runId}`;
  const elements = (page: Page) => page.evaluate<number>("document.querySelectorAll('main *').length");

  it('renders ten thousand steps with few elements, and leads to the failed one', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(pathOf('many'));
    await page.getByRole('listbox', { name: /^10000 steps/ }).waitFor();
    await page.getByText(/^idle 1 h/).waitFor();
    expect(await elements(page)).toBeLessThan(900);
    for (const zoom of ['2×', '4×', '8×', '16×', '32×']) {
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.getByText(zoom, { exact: true }).waitFor();
      expect(await elements(page)).toBeLessThan(900);
    }
    await page.getByLabel(/^Fold idle time/).uncheck();
    await page.getByText(/^idle/).waitFor({ state: 'detached' });
    // The minimap scrolls to the other end of the run, and below its first lanes.
    const map = (await page.locator('.minimap').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.click(map.x + map.width - 4, map.y + map.height - 4);
    const SCROLLED = '(({ scrollLeft, scrollTop }) => scrollLeft > 30_000 && scrollTop > 0)';
    await untilTrue(page, `${SCROLLED}(document.querySelector('.timeline-scroll'))`);
    expect(await elements(page)).toBeLessThan(900);

    await page.getByRole('link', { name: /It broke/ }).click();
    await page.getByRole('dialog', { name: 'Step' }).getByText('It broke').waitFor();
    await page.getByRole('listbox').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('listbox').getByRole('option').textContent()).toMatch(/^node_18, Completed/);
    await page.getByRole('link', { name: 'Steps', exact: true }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(80);
    await page.evaluate("document.querySelector('.steps-scroll').scrollTop = 1e9");
    await page.getByRole('cell', { name: '1 h 17 min', exact: true }).first().waitFor();
  });

  it('names the limit if a run has more steps than an operation may return', async () => {
    const bounded = await startGateway({ script, env: { LIVE_TTL_MS: '50', MAX_OPERATION_OBJECTS: '5000' }, clock });
    const page = await open({ key: 'key-1' });
    await page.goto(`${bounded.url}/workflows/wf/runs/many`);
    await page
      .getByText(/5000 objects/)
      .first()
      .waitFor();
    expect(await page.getByText(/No step/).count()).toBe(0);
    await bounded.close();
  });

  it('renders only the visible part of 5 MB of outputs, with JMESPath and download', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${pathOf('large-outputs')}?step=step-1&side=outputs`);
    await page.getByRole('button', { name: /^Load \d\.\d MB/ }).click();
    const tree = page.getByRole('tree');
    await tree.getByText('the end').waitFor();
    await tree.getByText('[50000]').click();
    await tree.getByText('40000 … 49999').click();
    await tree.getByText('40000 … 40099').waitFor();
    expect(await tree.getByRole('treeitem').count()).toBeLessThan(120);
    const select = async (path: string) => {
      await page.getByLabel('JMESPath').fill(path);
      await page.getByRole('button', { name: 'Apply' }).click();
    };
    await select('rows[49999].index');
    await page.getByText('49999', { exact: true }).waitFor();
    await select('rows[');
    await page.getByText(/BAD_USER_INPUT/).waitFor();
    await select('last');
    await page.getByText('the end', { exact: true }).waitFor();
    await page.evaluate('URL.revokeObjectURL = () => document.body.classList.add("revoked")');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('large-outputs-step-1-outputs.json');
    // Some browsers read the file only now.
    expect(await page.locator('body.revoked').count()).toBe(0);
  });

  it('keeps the marks on the time axis apart, even with folds and "now"', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(pathOf('apart'));
    const noneOverlap = async () => {
      const edges = await page.evaluate<readonly (readonly [number, number])[]>(
        `[...document.querySelectorAll('.timeline-axis .tick')]
          .map((mark) => mark.getBoundingClientRect())
          .map(({ left, right }) => [left, right])
          .sort(([one], [other]) => one - other)`,
      );
      expect(edges.length).toBeGreaterThan(1);
      for (const [index, [left]] of edges.slice(1).entries()) expect(left).toBeGreaterThan(edges[index]?.[1] ?? 0);
    };
    await page.getByText('idle 1 h 00 min').waitFor();
    await noneOverlap();
    await follow(page, '/workflows/wf/runs/running');
    await page.getByText(/^now$/).waitFor();
    await noneOverlap();
  });

  it('keeps the label of the idle time inside a narrow axis', async () => {
    const page = await open({ key: 'key-1', width: 390, height: 800 });
    await page.goto(pathOf('early'));
    await page.getByText('idle 1 h 00 min').waitFor();
    const [axis, label] = await page.evaluate<readonly { left: number; right: number }[]>(
      `['.timeline-axis', '.tick.idle'].map((one) => document.querySelector(one).getBoundingClientRect().toJSON())`,
    );
    expect(label?.left).toBeGreaterThanOrEqual(axis?.left ?? Infinity);
    expect(label?.right).toBeLessThanOrEqual(axis?.right ?? 0);
  });

  it('shows the message of an error object, and the object on request', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(pathOf('object-error'));
    const failure = page.getByRole('region', { name: 'Why the run failed' });
    await failure.getByRole('heading', { name: 'The index is gone', exact: true }).waitFor();
    await failure.getByText('no step failed').waitFor();
    await failure.getByText('7', { exact: true }).waitFor();
    await failure.getByText('Whole error').click();
    expect(await failure.getByLabel('Whole error').textContent()).toBe(OBJECT_ERROR);
  });

  it('explains a timeline without bars', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(gateway.url);
    for (const [runId, title] of [
      ['untimed', 'No step has a start time'],
      ['waiting', 'No step has started yet'],
      ['empty', 'No step started'],
    ] as const) {
      await follow(page, `/workflows/wf/runs/${runId}`);
      await page.getByRole('heading', { name: title, exact: true }).waitFor();
    }
  });

  it('fits long names and errors into 320 px, with full names as titles', async () => {
    const page = await open({ key: 'key-1', width: 320, height: 700 });
    const sticking: string[] = [];
    await page.goto(gateway.url);
    for (const view of ['', '?rows=packed', '?tab=steps', '?tab=payload', '?tab=compare&with=good', '?step=long']) {
      await follow(page, `/workflows/wf/runs/bad${view}`);
      await page.getByText('ValueError: no rows in the sheet').first().waitFor();
      await page.locator('.spinning').first().waitFor({ state: 'detached' });
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 320) sticking.push(`${view}: ${width} px`);
    }
    expect(sticking).toEqual([]);
    const sheet = page.getByRole('dialog', { name: 'Step' });
    expect(await sheet.getByRole('heading').textContent()).toBe(LONG_NAME);
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    const name = `document.querySelector('.row-names .given-name[title="${LONG_NAME}"] bdi')`;
    expect(await page.evaluate(`${name}.scrollWidth > ${name}.clientWidth`)).toBe(true);
    // Text from right to left does not reorder the text around it.
    expect(await page.locator('.row-names bdi', { hasText: RTL_NAME }).count()).toBe(1);
  });

  it('shows the end of a traceback, and all of it on request', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(pathOf('bad'));
    await page.getByRole('link', { name: /ValueError: no rows in the sheet/ }).click();
    const drawer = page.getByRole('dialog', { name: 'Step' });
    const error = drawer.getByLabel('Error', { exact: true });
    expect(await error.textContent()).toMatch(/load_59\nValueError: no rows in the sheet$/);
    expect(await error.textContent()).not.toContain('load_1\n');
    await drawer.getByRole('button', { name: 'Show all 62 lines' }).click();
    expect(await error.textContent()).toBe(TRACEBACK);
    // A long name leaves room for the message.
    expect((await page.locator('.run-failure .headline').boundingBox())?.width).toBeGreaterThan(200);
    // A step without an answer shows its inputs.
    await drawer.getByText('order').waitFor();
    await page.keyboard.press('ArrowRight');
    await drawer.getByText('No error message').waitFor();
  });

  it('leads from a list to a run with any characters in its id', async () => {
    const page = await open({ key: 'key-1' });
    const path = `/workflows/${encodeURIComponent(WORKFLOW)}`;
    await page.goto(gateway.url + path);
    for (const id of IDS) {
      await page.getByRole('listitem').getByRole('link', { name: id, exact: true }).click();
      await page.getByRole('heading', { level: 1, name: id, exact: true }).waitFor();
      await page.getByRole('listbox', { name: /^1 steps/ }).waitFor();
      const asked = gateway.upstream.calls.filter(({ endpoint }) => endpoint === 'steps');
      expect(asked.map(({ workflowId, runId }) => [workflowId, runId])).toContainEqual([WORKFLOW, id]);
      await follow(page, path);
    }
  });
});
