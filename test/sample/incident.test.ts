/** What a visitor of the sample finds. */
import { afterAll, expect, it } from '@jest/globals';
import { createEmbeddedUpstream } from '../../src/sample/server.ts';
import type { WireRun, WireStep } from './harness.ts';

const upstream = await createEmbeddedUpstream({ port: 0, hasIncident: true });
afterAll(() => upstream.close());

const get = async <Answer>(path: string): Promise<Answer> => {
  const response = await fetch(`${upstream.url}/${path}`, { headers: { authorization: 'Bearer demo-key' } });
  return (await response.json()) as Answer;
};
const HOUR_MS = 3_600_000;

it('has an incident that began within the hour, after a prompt change', async () => {
  const runs = await get<WireRun[]>('workflows/support-triage/runs?limit=30');
  const recent = runs.filter(({ start_time }) => Date.parse(start_time) > Date.now() - HOUR_MS);
  const failed = recent.filter(({ status }) => status === 'failed');
  expect(failed.length).toBeGreaterThanOrEqual(5);
  const promptOf = async ({ id }: WireRun) => {
    const steps = await get<WireStep[]>(`workflows/support-triage/runs/${id}/steps`);
    const drafted = steps.find(({ node_id }) => node_id === 'draft_reply');
    return JSON.stringify(drafted?.inputs);
  };
  const before = runs.find(({ start_time }) => Date.parse(start_time) < Date.now() - HOUR_MS);
  if (!before || !failed[0]) throw new Error('The history must have runs before and after the change.');
  expect(await promptOf(failed[0])).toContain('Answer with JSON');
  expect(await promptOf(before)).not.toContain('Answer with JSON');
});

it('has a run stuck longer than any run before it', async () => {
  const runs = await get<WireRun[]>('workflows/document-ingest/runs?limit=20');
  const [stuck] = runs.filter(({ status }) => status === 'running');
  const longest = Math.max(...runs.filter((run) => run !== stuck).map((run) => run.elapsed_time));
  expect(Date.now() - Date.parse(stuck?.start_time ?? '')).toBeGreaterThan(10 * longest * 1000);
});

it('has a run waiting for a person since a known time', async () => {
  const runs = await get<WireRun[]>('workflows/invoice-extraction/runs?limit=20');
  const [waiting] = runs.filter(({ status }) => status === 'paused');
  const steps = await get<(WireStep & { readonly waits?: unknown })[]>(
    `workflows/invoice-extraction/runs/${waiting?.id ?? ''}/steps`,
  );
  const step = steps.find(({ node_id }) => node_id === 'review_queue');
  expect(step).toMatchObject({ status: 'paused', waits: [{ from: step?.start_time }] });
});
