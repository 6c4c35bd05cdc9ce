/** How often a run's failure has occurred and what changed before, next to its error, with the run to compare with and a summary for a chat or an issue. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { CHANGE, ChangeLine } from '../failures/changes.tsx';
import { CommonInputs } from '../failures/common-inputs.tsx';
import { Occurrence } from '../failures/occurrence.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { CopyButton } from '../shell/copy-button.tsx';
import { ClipboardList } from '../shell/icons.tsx';
import { comparisonLink } from '../url/links.ts';

const DIAGNOSIS = graphql(`
  query Diagnosis($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      diagnosis {
        markdown
        group {
          ...Occurrence
          ...CommonInputs
        }
        changes {
          ...Change
        }
        baseline {
          reason
          run {
            id
            workflowId
          }
        }
      }
    }
  }
`);

export interface DiagnosisProps {
  readonly workflowId: string;
  readonly runId: string;
  readonly version: string;
  readonly nodeId: string | null;
}

export function Diagnosis({ workflowId, runId, version, nodeId }: DiagnosisProps) {
  const { value: diagnosis } = useGatewayQuery(DIAGNOSIS, {
    variables: { workflowId, id: runId },
    read: (data) => data.run?.diagnosis,
    version,
    fetchPolicy: 'no-cache',
  });
  if (!diagnosis) return null;
  const { markdown, group, changes, baseline } = diagnosis;
  const [change] = readFragment(CHANGE, changes);
  return (
    <div className="diagnosis stack">
      <p className="toolbar">
        {group && <Occurrence group={group} runs="runs until this one" />}{' '}
        <ChangeLine changes={changes} ofNode={nodeId} />
      </p>
      {group && <CommonInputs group={group} />}
      <p className="toolbar">
        {baseline?.run && (
          <Link
            className="button"
            to={comparisonLink({ workflowId, id: runId }, baseline.run, { node: change?.nodeId ?? null })}
          >
            {baseline.reason === 'BEFORE_CHANGE' ? 'Compare with before the change' : 'Compare with the last success'}
          </Link>
        )}
        <CopyButton label="Copy summary" icon={<ClipboardList />} text={() => markdown} />
      </p>
    </div>
  );
}
