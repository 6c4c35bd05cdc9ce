/** URLs of runs and workflows in the upstream's own web page, by RUN_URL_TEMPLATE and WORKFLOW_URL_TEMPLATE. */
import type { Config } from '../config/config.ts';

export type UpstreamUrls = ReturnType<typeof createUpstreamUrls>;

type Templates = Pick<Config, 'runUrlTemplate' | 'workflowUrlTemplate'>;

/** Both return null without a template. */
export const createUpstreamUrls = ({ runUrlTemplate, workflowUrlTemplate }: Templates) => ({
  ofRun: (workflowId: string, runId: string) => runUrlTemplate && filled(runUrlTemplate, { workflowId, runId }),
  ofWorkflow: (workflowId: string) => workflowUrlTemplate && filled(workflowUrlTemplate, { workflowId }),
});

/** In one pass: an id may have the form of a placeholder. */
const filled = (template: string, ids: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(ids[name] ?? ''));
