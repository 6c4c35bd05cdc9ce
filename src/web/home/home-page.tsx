/** Home page: failures, the latest runs of all workflows, and a card for each workflow. */
import './home.css';
import { useId, useMemo } from 'react';
import { useApolloClient } from '@apollo/client/react';
import { LiveMark } from '../live/live-mark.tsx';
import { isForbidden } from '../live/errors.ts';
import { useThrottled } from '../hooks/timing.ts';
import { ASK_EVERY_MS, useChangedRuns } from '../run-list/live-runs.ts';
import { RunList } from '../run-list/run-list.tsx';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Contained } from '../shell/contained.tsx';
import { MayNotList } from '../shell/notices.tsx';
import { TimeWindowPicker } from '../time/time-window-picker.tsx';
import { useUrl } from '../url/url.ts';
import { useDirectoryOf, type NamedWorkflow } from './directory.ts';
import { FAILURES, HomeFailures } from './home-failures.tsx';
import { HomeShifts } from './home-shifts.tsx';
import { SampleNote } from './sample-note.tsx';
import { useWorkflows, WORKFLOWS, WorkflowList } from './workflow-list.tsx';

/** Statistics may lag behind the runs, so they are refetched at most this often. */
const STATISTICS_EVERY_MS = 3000;
/** Limit of the workflows in one subscription. */
const MOST_WATCHED = 100;

export default function HomePage() {
  const client = useApolloClient();
  const cards = useWorkflows();
  const directory = useDirectoryOf({ ...cards, value: cards.value?.all });
  const { workflows } = directory;
  const { workflow: chosen } = useUrl().params;
  const ids = useMemo(() => workflows && watchedOf(workflows, chosen), [workflows, chosen]);
  const listedIds = useMemo(() => (chosen === null ? directory.namedIds : [chosen]), [directory.namedIds, chosen]);
  const refreshStatistics = useThrottled(
    () => void client.refetchQueries({ include: [WORKFLOWS] }),
    STATISTICS_EVERY_MS,
  );
  const refreshFailures = useThrottled(() => void client.refetchQueries({ include: [FAILURES] }), STATISTICS_EVERY_MS);
  const changed = useChangedRuns(ids, (runs, isFirst) => {
    if (isFirst) return;
    refreshStatistics();
    if (runs.some(({ status }) => status === 'FAILED')) refreshFailures();
  });

  if (!workflows && isForbidden(directory.error)) return <MayNotList />;
  return (
    <>
      <Breadcrumb here="Failures" />
      <SampleNote />
      <div className="home">
        <div>
          <section aria-labelledby="failures">
            <Contained what="the failures">
              <div className="toolbar">
                <h1 id="failures">Failures</h1>
                <LiveMark everyMs={ASK_EVERY_MS} />
                <HomeFilters workflows={workflows ?? []} />
              </div>
              <HomeFailures directory={directory} workflowId={chosen} />
            </Contained>
          </section>
          <Contained what="the shifts">
            <HomeShifts workflowId={chosen} />
          </Contained>
          <section aria-labelledby="runs">
            <Contained what="the list of runs">
              <RunList
                label="Latest runs"
                workflowIds={listedIds}
                changed={changed}
                nameOf={directory.nameOf}
                isReady={workflows !== null || directory.error !== undefined}
                onRetry={directory.refetch}
              >
                <h2 id="runs">Latest runs</h2>
                {directory.namedIds && chosen === null && (
                  <span className="muted">
                    of {directory.namedIds.length} of {directory.totalCount} workflows
                  </span>
                )}
              </RunList>
            </Contained>
          </section>
        </div>
        <section aria-labelledby="workflows">
          <Contained what="the list of workflows">
            <WorkflowList {...cards} />
          </Contained>
        </section>
      </div>
    </>
  );
}

/** Ids in a stable order, which keeps the subscription. A chosen workflow that is not listed is first. */
function watchedOf(listed: readonly NamedWorkflow[], chosen: string | null): readonly string[] {
  const ids = listed.map(({ id }) => id);
  if (chosen === null || ids.includes(chosen)) return ids;
  return [chosen, ...ids].slice(0, MOST_WATCHED);
}

/** Filters by workflow and time, stored in the URL. */
function HomeFilters({ workflows }: { readonly workflows: readonly NamedWorkflow[] }) {
  const url = useUrl();
  const workflowId = url.params.workflow ?? '';
  const workflowField = useId();
  return (
    <div className="toolbar home-filters" role="search" aria-label="Filter failures and runs">
      <label htmlFor={workflowField} className="visually-hidden">
        Workflow
      </label>
      <select id={workflowField} value={workflowId} onChange={({ target }) => url.go({ workflow: target.value })}>
        <option value="">All workflows</option>
        {workflowId !== '' && !workflows.some(({ id }) => id === workflowId) && (
          <option value={workflowId}>{workflowId}</option>
        )}
        {workflows.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <TimeWindowPicker all="Latest" />
    </div>
  );
}
