/**
 * The sample workflows of each organization, and the inputs that steer a run of any of them:
 *
 *     { "simulate": "success" }   no node fails
 *     { "simulate": "retry" }     each node with a transient error fails once, and its retry succeeds
 *     { "simulate": "failure" }   the node with a fatal error fails, and so does the run
 *     { "simulate": "slow" }      every node takes four times as long
 *     { "simulate": "wait" }      `invoice-extraction` waits for the answer of a person
 *
 * Without `simulate` errors are random. In `support-triage` the subject "Checkout is down" is urgent and pages an engineer;
 * in `research-agent` the depth 3 leads to a revision. Other inputs are passed on unchanged.
 */
import type { WorkflowDefinition } from './definition.ts';
import { contractReview } from './sample-workflows/contract-review.ts';
import { documentIngest } from './sample-workflows/document-ingest.ts';
import { invoiceExtraction } from './sample-workflows/invoice-extraction.ts';
import { nightlyReport } from './sample-workflows/nightly-report.ts';
import { quickAnswer } from './sample-workflows/quick-answer.ts';
import { researchAgent } from './sample-workflows/research-agent.ts';
import { supportTriage } from './sample-workflows/support-triage.ts';

export type OrganizationId = 'demo' | 'other';

export const WORKFLOWS: Readonly<Record<OrganizationId, readonly WorkflowDefinition[]>> = {
  demo: [supportTriage, invoiceExtraction, nightlyReport, researchAgent, documentIngest, quickAnswer],
  other: [contractReview],
};
