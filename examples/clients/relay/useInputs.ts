import { graphql, useLazyLoadQuery, useRefetchableFragment } from 'react-relay';
import type { useInputs_run$key } from './__generated__/useInputs_run.graphql';
import type { useInputsPartQuery } from './__generated__/useInputsPartQuery.graphql';
import type { useInputsQuery } from './__generated__/useInputsQuery.graphql';

const RUN = graphql`
  query useInputsQuery($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      ...useInputs_run
    }
  }
`;

const INPUTS = graphql`
  fragment useInputs_run on Run
  @argumentDefinitions(path: { type: "String" })
  @refetchable(queryName: "useInputsPartQuery") {
    inputs(path: $path)
  }
`;

/** `select` replaces the inputs by the part at this path. */
export function useInputs(variables: useInputsQuery['variables']) {
  const { run } = useLazyLoadQuery<useInputsQuery>(RUN, variables);
  const [data, refetch] = useRefetchableFragment<useInputsPartQuery, useInputs_run$key>(INPUTS, run);
  return { inputs: data?.inputs, select: (path: string) => refetch({ path }) };
}
