/** Compares two runs of a workflow, once per operation. */
import { compareRuns, type RunComparison } from '../../domain/run/comparison.ts';
import { GatewayError, isNotFound } from '../../upstream/errors.ts';
import { checkId } from '../../upstream/ids.ts';
import type { Context } from '../context.ts';

export interface ComparedRuns {
  readonly workflowId: string;
  readonly baseId: string;
  readonly headId: string;
}

/** Names of the two runs in errors. */
interface Names {
  readonly base: string;
  readonly head: string;
}

const ARGUMENTS: Names = { base: 'baseId', head: 'headId' };

export function comparisonOf(
  { workflowId, baseId, headId }: ComparedRuns,
  context: Context,
  names = ARGUMENTS,
): Promise<RunComparison> {
  const load = async (name: string, id: string) => {
    try {
      return await context.runs().load({ workflowId, runId: checkId(name, id) }, 'STEPS');
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new GatewayError(error.code, `${name}: ${error.message}`, error.details);
    }
  };
  return context.comparison(JSON.stringify([workflowId, baseId, headId, names]), async () => {
    const [base, head] = await Promise.all([load(names.base, baseId), load(names.head, headId)]);
    context.budgets.takeSteps(base.steps.length + head.steps.length);
    return compareRuns(base, head);
  });
}
