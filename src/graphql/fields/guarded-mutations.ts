/**
 * Rejects all mutations, including an embedder's, of callers that may not execute, and logs a line for each mutation.
 */
import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { AuditedWrite } from '../../observability/operation-record.ts';
import type { Write } from '../../upstream/client.ts';
import type { Context } from '../context.ts';

type Field = GraphQLField<unknown, Context>;

type Args = Readonly<Record<string, string>>;

interface OwnMutation {
  /** The upstream call that it makes. */
  readonly endpoint: Write['endpoint'];
  /** Whether it changes or ends something that exists. */
  readonly isDestructive: boolean;
  /** Whether repeating the call with equal arguments has no further effect. */
  readonly isIdempotent: boolean;
  /** Ids among its arguments. */
  readonly idsOf: (args: Args) => AuditedWrite['ids'];
}

/** The gateway's own mutations, by field. */
export const OWN_MUTATIONS: Readonly<Partial<Record<string, OwnMutation>>> = {
  executeWorkflow: {
    ...{ endpoint: 'execute', isDestructive: false, isIdempotent: false },
    idsOf: ({ workflowId }) => ({ workflowId }),
  },
  cancelRun: {
    ...{ endpoint: 'cancel', isDestructive: true, isIdempotent: true },
    idsOf: ({ workflowId, id: runId }) => ({ workflowId, runId }),
  },
  resumeStep: {
    ...{ endpoint: 'resume', isDestructive: true, isIdempotent: false },
    idsOf: ({ workflowId, runId, stepId }) => ({ workflowId, runId, stepId }),
  },
};

/** Must be called after all resolvers are attached. */
export function guardMutations(schema: GraphQLSchema): void {
  for (const field of Object.values<Field>(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    const own = OWN_MUTATIONS[field.name];
    field.resolve = (root, args: Args, context, info) =>
      context.audited(field.name, own?.idsOf(args) ?? {}, () => {
        context.checkMayMutate();
        return resolve(root, args, context, info);
      });
  }
}
