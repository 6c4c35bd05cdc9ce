/** Compares two runs of a workflow, once an operation. */
import { compareRuns, type RunComparison } from '../../domain/run/comparison.ts';
import { GatewayError, isNotFound } from '../../upstream/errors.ts';
import { checkId } from '../../upstream/ids.ts';
import type { Context } from '../context.ts';

export interface ComparedRuns {
  readonly workflowId: string;
  readonly baseId: string;
  readonly headId: string;
}

export function comparisonOf({ workflowId, baseId, headId }: ComparedRuns, context: Context): Promise<RunComparison> {
  const load = async (argument: string, id: string) => {
    try {
      return await context.runs().load({ workflowId, runId: checkId(argument, id) }, 'STEPS');
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new GatewayError(error.code, `${argument}: ${error.message}`, error.details);
    }
  };
  return context.comparison(JSON.stringify([workflowId, baseId, headId]), async () => {
    const [base, head] = await Promise.all([load('baseId', baseId), load('headId', headId)]);
    context.budgets.takeSteps(base.steps.length + head.steps.length);
    return compareRuns(base, head);
  });
}
