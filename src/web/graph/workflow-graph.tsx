/** Graph of a workflow. A node links to its trends. */
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { useUrl } from '../url/url.ts';
import { Graph } from './graph.tsx';

export const WORKFLOW_GRAPH = graphql(`
  fragment WorkflowGraph on WorkflowGraph {
    nodes {
      id
      type
      description
    }
    edges {
      from
      to
    }
    entry
    finish
  }
`);

export default function WorkflowGraph({ graph }: { readonly graph: FragmentType<typeof WORKFLOW_GRAPH> }) {
  const url = useUrl();
  const isShown = url.params.tab === 'trends';
  return (
    <Graph
      graph={readFragment(WORKFLOW_GRAPH, graph)}
      label="Graph"
      lookOf={(nodeId) => ({
        to: url.link({ tab: 'trends', node: nodeId }),
        words: 'its trends',
        isCurrent: isShown && url.params.node === nodeId,
      })}
    />
  );
}
