/** A caller that may not execute runs no mutation: neither the gateway's nor an embedder's. The log gets a line of each. */
import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { AuditedWrite } from '../../observability/operation-record.ts';
import type { Context } from '../context.ts';

type Field = GraphQLField<unknown, Context>;

type Args = Readonly<Record<string, string>>;

/** Ids among the arguments of the gateway's mutations. */
const IDS: Readonly<Record<string, (args: Args) => AuditedWrite['ids']>> = {
  executeWorkflow: ({ workflowId }) => ({ workflowId }),
  cancelRun: ({ workflowId, id: runId }) => ({ workflowId, runId }),
  resumeStep: ({ workflowId, runId, stepId }) => ({ workflowId, runId, stepId }),
};

/** Call it after all resolvers are attached. */
export function guardMutations(schema: GraphQLSchema): void {
  for (const field of Object.values<Field>(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    const idsOf = IDS[field.name] ?? (() => ({}));
    field.resolve = (root, args: Args, context, info) =>
      context.audited(field.name, idsOf(args), () => {
        context.checkMayMutate();
        return resolve(root, args, context, info);
      });
  }
}
