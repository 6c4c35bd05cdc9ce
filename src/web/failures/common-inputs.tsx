/** What the inputs of failed runs have in common, as worded by the gateway, with a link to all runs that match. */
import { Fragment } from 'react';
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { formatCount } from '../format/numbers.ts';
import { Hinted } from '../shell/hinted.tsx';
import { workflowLink } from '../url/links.ts';
import { textOfCondition } from './condition-text.ts';

const COMMON_INPUTS = graphql(`
  fragment CommonInputs on FailureGroup {
    workflow {
      id
    }
    commonInputs {
      nodes {
        text
        path
        test
        value
      }
      factsCompared
    }
  }
`);

const HINT = 'A correlation, not necessarily the cause: completed runs of the same period have it far less often';

export function CommonInputs({ group }: { readonly group: FragmentType<typeof COMMON_INPUTS> }) {
  const { workflow, commonInputs } = readFragment(COMMON_INPUTS, group);
  const nodes = commonInputs?.nodes ?? [];
  if (nodes.length === 0) return null;
  return (
    <div className="common-inputs small">
      <Hinted hint={`${HINT}. ${formatCount(commonInputs?.factsCompared)} facts were compared.`}>Have in common</Hinted>
      <ul>
        {nodes.map((node) => (
          <li key={node.text}>
            <Link to={workflowLink(workflow.id, { inputs: textOfCondition(node) })} title="Runs with this input">
              <Quoted text={node.text} />
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Names and values are between backticks. */
const Quoted = ({ text }: { readonly text: string }) =>
  text
    .split('`')
    .map((part, index) => <Fragment key={index}>{index % 2 === 1 ? <code dir="auto">{part}</code> : part}</Fragment>);
