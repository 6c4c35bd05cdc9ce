import type { TypePolicies } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

/** For `cache.policies.addTypePolicies`. Lists with another filter or page size are separate lists. */
export const pages: TypePolicies = {
  Query: {
    fields: {
      workflows: relayStylePagination(['first', 'search']),
      recentRuns: relayStylePagination(['first', 'filter', 'workflowIds']),
    },
  },
  Workflow: { fields: { runs: relayStylePagination(['first', 'filter']) } },
};
