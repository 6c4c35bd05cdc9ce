/** What workflows use and cost: together and each, or a chosen one, by model and over time. */
import './cost.css';
import { Link } from 'react-router';
import { Choice } from '../controls/choice.tsx';
import { useDirectory } from '../home/directory.ts';
import { isForbidden } from '../live/errors.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Empty, MayNotList } from '../shell/notices.tsx';
import { useUrl } from '../url/url.ts';
import { CostFigures } from './cost-figures.tsx';
import { SPANS } from './span.ts';

export default function CostPage() {
  const url = useUrl();
  const directory = useDirectory();
  const span = SPANS.find(({ name }) => name === url.params.since) ?? SPANS[1];
  const { workflow: chosenId } = url.params;
  const idsOfAll = directory.workflows || directory.error ? directory.namedIds : undefined;
  if (chosenId === null && isForbidden(directory.error)) return <MayNotList />;

  return (
    <div className="cost stack">
      <Breadcrumb parents={[]} here="Cost" />
      <div className="toolbar">
        <h1>
          Cost{' '}
          {chosenId !== null && (
            <>
              of <bdi>{directory.nameOf(chosenId)}</bdi>
            </>
          )}
        </h1>
        <Choice label="Time" options={SPANS} value={span.name} onChange={(since) => url.go({ since })} />
        {chosenId !== null && <Link to={url.link({ workflow: null })}>All workflows</Link>}
      </div>
      {directory.namedIds && chosenId === null && (
        <p className="muted">
          Of the first {directory.namedIds.length} of {directory.totalCount} workflows. The page of each other workflow
          leads to its cost.
        </p>
      )}
      {directory.workflows?.length === 0 && chosenId === null ? (
        <Empty title="This key sees no workflows">
          <p>Create one in your workflow tool, or sign in with a key that may read some.</p>
        </Empty>
      ) : (
        <CostFigures
          // Values of another period would look like those of this one until its response arrives.
          key={`${span.name} ${chosenId ?? ''}`}
          workflowIds={chosenId === null ? idsOfAll : [chosenId]}
          nameOf={directory.nameOf}
          workflowId={chosenId}
          span={span}
        />
      )}
      <p className="muted">
        Estimated from list prices: from the records of runs, and from the steps of runs whose record reports no tokens.
        Records leave out failed attempts, though they were paid for. Periods without runs are left out.
      </p>
    </div>
  );
}
