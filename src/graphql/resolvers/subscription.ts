import type { GraphQLResolveInfo } from 'graphql';
import type { Reading } from '../../runs/reading.ts';
import type { Context } from '../context.ts';
import type { SubscriptionResolvers } from '../generated/resolvers.ts';
import { located } from '../located.ts';
import { runNeeds } from '../needs.ts';

export const subscription: SubscriptionResolvers = {
  runUpdated: {
    subscribe: (_root, { workflowId, id }, { watch }, info) =>
      located(watch({ workflowId, runId: id }, runNeeds(info)), info),
    resolve: ({ ref, parts }: Reading, _arguments: unknown, { runs }: Context, info: GraphQLResolveInfo) =>
      runs().ofParts(ref, parts, runNeeds(info)),
  },
};
