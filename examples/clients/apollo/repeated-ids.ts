import type { TypePolicies } from '@apollo/client';

/** An object without a key field is stored inside its parent. A plain list of names would throw. */
const keyOf = (...fields: string[]) => ({
  keyFields: (_: unknown, { storeObject }: { readonly storeObject: Readonly<Record<string, unknown>> }) =>
    fields.every((field) => storeObject[field] !== undefined) ? fields : (false as const),
});

/** For `cache.policies.addTypePolicies`. */
export const repeatedIds: TypePolicies = {
  Run: keyOf('workflowId', 'id'),
  Step: keyOf('workflowId', 'runId', 'id'),
};
