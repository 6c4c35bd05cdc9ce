/** The resolvers of all peers. All other fields are plain properties of the result of `deriveRun`. */
import type { LoadRun } from './runs.ts';
import type { Run, Step } from './schema.ts';

export interface PeerContext {
  readonly authorization: string;
  readonly loadRun: LoadRun;
}

export const resolvers = {
  Query: {
    run: (_root: unknown, args: { workflowId: string; id: string }, { authorization, loadRun }: PeerContext) =>
      loadRun(authorization, args.workflowId, args.id),
    workflow: (_root: unknown, { id }: { id: string }) => ({ id }),
  },
  Workflow: {
    runsById: (workflow: { id: string }, { ids }: { ids: string[] }, { authorization, loadRun }: PeerContext) =>
      ids.map((id) => loadRun(authorization, workflow.id, id)),
  },
  Run: {
    step: (run: Run, { id }: { id: string }): Step | null => run.steps.find((step) => step.id === id) ?? null,
  },
};
