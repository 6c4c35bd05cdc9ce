import type { GraphQLResolveInfo } from 'graphql';
import type { Snapshot } from '../../runs/live/snapshot.ts';
import type { Context } from '../context.ts';
import { located } from '../subscriptions/error-path.ts';
import type { FieldTables } from '../fields/field-table.ts';

export const subscription: FieldTables['Subscription'] = {
  runUpdated: {
    calls: (_given, run) => run.byId(),
    subscribe: (_root, { workflowId, id }, { watch, requirement }, info) =>
      located(watch({ workflowId, runId: id }, requirement(info)), info),
    resolve: (
      { ref, parts }: Snapshot,
      _arguments: unknown,
      { runs, requirement }: Context,
      info: GraphQLResolveInfo,
    ) => runs().ofParts(ref, parts, requirement(info)),
  },
};
