/** Links to the run page, from PUBLIC_URL. */
import type { Config } from '../config/config.ts';
import type { RunRef } from '../upstream/client.ts';

export type PageLinks = ReturnType<typeof createPageLinks>;

/** Both functions return null without PUBLIC_URL, which ends with `/`. */
export function createPageLinks({ publicUrl }: Pick<Config, 'publicUrl'>) {
  const linkTo = ({ workflowId, runId }: RunRef): string | null =>
    publicUrl && `${publicUrl}workflows/${encodeURIComponent(workflowId)}/runs/${encodeURIComponent(runId)}`;
  return {
    toRun: linkTo,
    /** Opens the inputs of the changed node, if there is one. */
    toComparison(head: RunRef, baseId: string, nodeId: string | null): string | null {
      const changed: Record<string, string> = nodeId === null ? {} : { node: nodeId, diff: 'inputs' };
      const query = new URLSearchParams({ tab: 'compare', with: baseId, ...changed });
      const link = linkTo(head);
      return link && `${link}?${query.toString()}`;
    },
  };
}
