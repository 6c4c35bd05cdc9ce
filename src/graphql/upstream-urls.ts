/** URLs of runs and workflows in the upstream's web page, from RUN_URL_TEMPLATE and WORKFLOW_URL_TEMPLATE. */
import type { Config } from '../config/config.ts';

export type UpstreamUrls = ReturnType<typeof createUpstreamUrls>;

type Templates = Pick<Config, 'runUrlTemplate' | 'workflowUrlTemplate'>;

/** Both functions return null without a template. */
export const createUpstreamUrls = ({ runUrlTemplate, workflowUrlTemplate }: Templates) => ({
  ofRun: (workflowId: string, runId: string) => runUrlTemplate && filled(runUrlTemplate, { workflowId, runId }),
  ofWorkflow: (workflowId: string) => workflowUrlTemplate && filled(workflowUrlTemplate, { workflowId }),
});

/** Replaces in one pass, since an id may look like a placeholder. */
const filled = (template: string, ids: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(ids[name] ?? ''));
