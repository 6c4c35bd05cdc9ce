import type { GraphQLResolveInfo } from 'graphql';
import type { Snapshot } from '../../runs/live/snapshot.ts';
import type { Context } from '../context.ts';
import type { SubscriptionResolvers } from '../generated/resolvers.ts';
import { located } from '../error-path.ts';
import { runRequirement } from '../data-requirements.ts';

export const subscription: SubscriptionResolvers = {
  runUpdated: {
    subscribe: (_root, { workflowId, id }, { watch }, info) =>
      located(watch({ workflowId, runId: id }, runRequirement(info)), info),
    resolve: ({ ref, parts }: Snapshot, _arguments: unknown, { runs }: Context, info: GraphQLResolveInfo) =>
      runs().ofParts(ref, parts, runRequirement(info)),
  },
};
