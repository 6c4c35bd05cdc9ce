/** Shows a list of runs by pages, next to its newest run, which is live. */
import assert from 'node:assert/strict';
import type { ReactNode } from 'react';
import { LIVE_RUN_KEY, startLiveHistory } from './live-history.ts';
import { item, mount } from './mount.ts';

interface RunInList {
  readonly id: string;
  readonly status: string;
  readonly tokenUsage?: { readonly counts?: { readonly totalTokens?: number | null } } | null;
}

export const showRun = ({ id, status, tokenUsage }: RunInList): ReactNode =>
  item(id, `${id} ${status} ${tokenUsage?.counts?.totalTokens}`);

/** The pages that are shown after the end of the live run. */
export async function showPages(
  open: (url: string) => (children: ReactNode) => ReactNode,
  component: (run: typeof LIVE_RUN_KEY) => ReactNode,
): Promise<readonly string[]> {
  const history = await startLiveHistory();
  const shown = mount(open(history.url), () => component(LIVE_RUN_KEY));
  try {
    const first = await shown.until(({ length }) => length === 20);
    assert.equal(first[0], 'run-25 RUNNING 150');
    shown.click();
    const all = await shown.until(({ length }) => length === 25);
    assert.deepEqual(
      all.map((text) => text.split(' ')[0]),
      Array.from({ length: 25 }, (_, index) => `run-${25 - index}`),
    );
    assert.equal(shown.canClick(), false);
    await history.end();
    // Two steps now.
    return await shown.until(([newest]) => newest === 'run-25 COMPLETED 300');
  } finally {
    shown.unmount();
    await history.close();
  }
}
