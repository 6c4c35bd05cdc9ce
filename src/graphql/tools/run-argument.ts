/** The run identified by a tool's arguments: by ids, or by the URL of its page. */
import { runOfLink } from '../links.ts';

type Arguments = Readonly<Record<string, unknown>>;

type Named = { readonly variables: Arguments } | { readonly problem: string };

/** Takes arguments that match the schema of a tool that `isOfRun`. */
export function runArguments(given: Arguments): Named {
  const { workflowId, runId } = given;
  const linked = typeof runId === 'string' ? runOfLink(runId) : null;
  if (!linked) {
    return workflowId === undefined
      ? { problem: 'workflowId must be the id of a workflow, got nothing, and runId is not the URL of a run page.' }
      : { variables: given };
  }
  if (workflowId !== undefined && workflowId !== linked.workflowId) {
    return {
      problem: `workflowId must be ${JSON.stringify(linked.workflowId)}, as in the URL of the run, or omitted.`,
    };
  }
  return { variables: { ...given, ...linked } };
}
