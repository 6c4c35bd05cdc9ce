/** Links to the pages. A link within a page is `link` of `useUrl`, which keeps the other parameters. */
import { changed, type Changes } from './params.ts';

export interface RunIds {
  readonly workflowId: string;
  readonly id: string;
}

const pathTo = (path: string, changes: Changes): string => {
  const search = changed(new URLSearchParams(), changes).toString();
  return search === '' ? path : `${path}?${search}`;
};

export const HOME = '/';

/** Link to the runs of all workflows that a search finds. */
export const runsLink = (search: string): string => pathTo(HOME, { search });

/** Link to cost, with one workflow in detail if it is named. */
export const costLink = (workflowId: string): string => pathTo('/cost', { workflow: workflowId });

export const workflowLink = (workflowId: string, changes: Changes = {}): string =>
  pathTo(`/workflows/${encodeURIComponent(workflowId)}`, changes);

/** Link to a node's statistics and failures over time. */
export const trendsLink = (workflowId: string, nodeId: string): string =>
  workflowLink(workflowId, { tab: 'trends', node: nodeId });

export const runLink = ({ workflowId, id }: RunIds, changes: Changes = {}): string =>
  pathTo(`${workflowLink(workflowId)}/runs/${encodeURIComponent(id)}`, changes);

export const stepLink = (run: RunIds, stepId: string): string => runLink(run, { step: stepId });

/** Without a base the page chooses one. */
export const comparisonLink = (head: RunIds, base: RunIds | undefined | null, changes: Changes = {}): string =>
  runLink(head, { tab: 'compare', with: base?.id ?? null, ...changes });
