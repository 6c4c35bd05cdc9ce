/**
 * Links to the run page, from PUBLIC_URL, and to the upstream's web UI, from RUN_URL_TEMPLATE and
 * WORKFLOW_URL_TEMPLATE.
 */
import type { Config } from '../config/config.ts';
import type { RunRef } from '../upstream/client.ts';

export type Links = ReturnType<typeof createLinks>;

/** A link is null if its variable isn't set. PUBLIC_URL ends with `/`. */
export function createLinks({
  publicUrl,
  runUrlTemplate,
  workflowUrlTemplate,
}: Pick<Config, 'publicUrl' | 'runUrlTemplate' | 'workflowUrlTemplate'>) {
  const toRun = ({ workflowId, runId }: RunRef): string | null =>
    publicUrl && `${publicUrl}workflows/${encodeURIComponent(workflowId)}/runs/${encodeURIComponent(runId)}`;
  return {
    toRun,
    /** Opens the inputs of the changed node, if there is one. */
    toComparison(head: RunRef, baseId: string, nodeId: string | null): string | null {
      const changed: Record<string, string> = nodeId === null ? {} : { node: nodeId, diff: 'inputs' };
      const query = new URLSearchParams({ tab: 'compare', with: baseId, ...changed });
      const link = toRun(head);
      return link && `${link}?${query.toString()}`;
    },
    toUpstreamRun: (workflowId: string, runId: string) =>
      runUrlTemplate && filled(runUrlTemplate, { workflowId, runId }),
    toUpstreamWorkflow: (workflowId: string) => workflowUrlTemplate && filled(workflowUrlTemplate, { workflowId }),
  };
}

/** Replaces in one pass, because an id may look like a placeholder. */
const filled = (template: string, ids: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(ids[name] ?? ''));

const TO_RUN = /^https?:\/\/[^?#]*\/workflows\/([^/?#]+)\/runs\/([^/?#]+)/;

/** The run of a link to its page, at any gateway, or null for any other string, such as an id. */
export function runOfLink(text: string): RunRef | null {
  const [, workflowId, runId] = TO_RUN.exec(text) ?? [];
  if (workflowId === undefined || runId === undefined) return null;
  try {
    return { workflowId: decodeURIComponent(workflowId), runId: decodeURIComponent(runId) };
  } catch {
    return null;
  }
}
