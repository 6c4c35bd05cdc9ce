/** Page of one run: status, timeline, failures, and data. It updates live while the run is in progress. */
import { useMemo } from 'react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { useLiveState } from '../live/connection.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Contained } from '../shell/contained.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { useNotifications } from '../notifications/notifications.ts';
import { Failure, Skeleton } from '../shell/notices.tsx';
import { useThrottled } from '../hooks/timing.ts';
import { errorsThat, pathOf } from '../live/errors.ts';
import { Views } from '../shell/views.tsx';
import { statusWord } from '../status/status.tsx';
import { headlineOf } from '../text/excerpt.ts';
import { useIds } from '../url/ids.ts';
import { workflowLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { isOverdue, useUsualNodes } from './expectation.tsx';
import { ASK_EVERY_MS, ASK_OF_MANY_EVERY_MS, figuresEveryMs } from './freshness.tsx';
import { useHiddenStatus, useLiveRun } from './live-run.ts';
import { RunHeader } from './run-header.tsx';
import { RunInsights } from './run-insights.tsx';
import { FIGURES_OF_RUN, RUN, RUN_CAUSES, RUN_FIGURES, RUN_VIEW } from './run-query.ts';
import { RunTimeline } from './run-timeline.tsx';
import { asOfNow, latestOf, LISTED_STEP, nowOf, RUN_STEPS } from './steps.ts';

// Most runs don't fail.
const RunFailure = lazyPart(() => import('./run-failure.tsx'), 'the failure');
// Most runs are on time.
const StuckRun = lazyPart(
  () => import('./stuck-run.tsx'),
  'how late it is',
  () => null,
);
const StepDrawer = lazyPart(() => import('./step/step-drawer.tsx'), 'the step');
const StepDetail = lazyPart(() => import('./step/step-detail.tsx'), 'the step');
const StepsTable = lazyPart(() => import('./steps-table.tsx'), 'the table of steps');
const RunGraph = lazyPart(() => import('../graph/run-graph.tsx'), 'the graph');
const RunPayload = lazyPart(() => import('./run-payload.tsx'), 'the inputs and outputs');
const Comparison = lazyPart(() => import('../comparison/comparison.tsx'), 'the comparison');

const VIEWS = [
  { name: 'timeline', label: 'Timeline' },
  { name: 'graph', label: 'Graph' },
  { name: 'steps', label: 'Steps' },
  { name: 'payload', label: 'Inputs and outputs' },
  { name: 'compare', label: 'Compare with…' },
];

export default function RunPage() {
  const { workflowId, runId } = useIds();
  const variables = { workflowId, id: runId };
  const live = useLiveState();
  const url = useUrl();
  const {
    value: answered,
    error,
    isLoading,
    refetch,
    refresh,
  } = useGatewayQuery(RUN, {
    variables,
    read: (data) => data.run,
    pollInterval: (one) =>
      live.kind === 'unavailable' && !readFragment(RUN_VIEW, one).freshness.isFinal ? ASK_EVERY_MS : 0,
  });
  const run = readFragment(RUN_VIEW, answered);
  const listed = readFragment(RUN_STEPS, answered)?.steps;
  // The top of the page shows why a step could not be loaded.
  const steps = useMemo(
    () => (listed ?? []).filter((step) => step !== null).map((step) => readFragment(LISTED_STEP, step)),
    [listed],
  );
  const isFinal = run?.freshness.isFinal ?? false;
  const version = [run?.status, isFinal].join(' ');
  const isGoingOn = run?.isFinished === false;
  const workflowName = answered?.workflow.name ?? workflowId;
  const end = run && {
    key: `${workflowId} ${runId}`,
    title: `${statusWord(run.status)}: ${runId}`,
    body: workflowName,
  };
  useNotifications(end && (isGoingOn ? [] : [end]));
  const nowMs = run ? nowOf(run) : null;
  const stepsNow = useMemo(
    () => (isGoingOn ? steps.map((step) => asOfNow(step, nowMs)) : steps),
    [steps, isGoingOn, nowMs],
  );
  useHiddenStatus(variables, isGoingOn);

  const figures = useGatewayQuery(FIGURES_OF_RUN, {
    variables,
    read: (data) => data.run,
    pollInterval: isFinal || !run ? 0 : figuresEveryMs(steps.length),
    version,
  });
  useLiveRun(variables, run != null && !isFinal, {
    onGap: useThrottled(refresh, ASK_OF_MANY_EVERY_MS),
    onFailure: useThrottled(figures.refetch, ASK_EVERY_MS),
    onEnd: refresh,
  });

  const parents = [{ label: workflowName, to: workflowLink(workflowId) }];
  // A run without its workflow is only missing the workflow's name.
  const problem =
    errorsThat(error, (one) => pathOf(one)[1] !== 'workflow') ??
    // An upstream may not list runs.
    errorsThat(figures.error, (one) => pathOf(one)[1] !== 'expectation');
  const layout = readFragment(RUN_FIGURES, figures.value);
  const latest = useMemo(() => latestOf(stepsNow), [stepsNow]);
  const { causes, errorInfo } = readFragment(RUN_CAUSES, answered) ?? {};
  const hasFailed = run?.status === 'FAILED';
  const isFailing = hasFailed || errorInfo != null || (causes?.length ?? 0) > 0;
  const headline = headlineOf((causes?.[0] ? causes[0].errorInfo : errorInfo)?.message ?? '');
  const title = [workflowName, ...(headline === '' ? [] : [headline]), runId].join(' · ');
  const usual = useUsualNodes(run ? variables : null);
  const view = VIEWS.find(({ name }) => name === url.params.tab)?.name ?? 'timeline';
  const stepId = url.params.step;

  return (
    <div className={stepId === null ? 'run-layout stack' : 'run-layout stack with-step'}>
      <div>
        <Breadcrumb parents={parents} here={runId} title={title} status={run?.status} />
        {!run && <h1 className="mono run-missing">{runId}</h1>}
        {problem && (
          <Failure
            error={problem}
            what="run"
            isPartial={run != null}
            onRetry={() => {
              refetch();
              figures.refetch();
            }}
          />
        )}
        {isLoading && !error && <Skeleton what="the run" rows={8} />}
        {run && answered && (
          <>
            <Contained what="the header of the run">
              <RunHeader run={run} figures={layout} mayExecute={answered.workflow.mayExecute}>
                {isFailing && <RunFailure run={answered} hasFailed={hasFailed} version={version} />}
              </RunHeader>
            </Contained>
            <Contained what="how late the run is">
              {isGoingOn && isOverdue(layout) && figures.value && (
                <StuckRun run={figures.value} workflowName={workflowName} wallClockMs={run.wallClockMs} usual={usual} />
              )}
            </Contained>
            <Views current={view} views={VIEWS} />
            <div className="run-view">
              {view === 'timeline' && (
                <>
                  <Contained what="the timeline">
                    <RunTimeline {...{ run, layout, steps, latest, usual }} areKnown={listed != null} />
                  </Contained>
                  <Contained what="the statistics of the run">{layout && <RunInsights run={layout} />}</Contained>
                </>
              )}
              {view === 'graph' && <RunGraph {...{ workflowId, run, latest, usual }} />}
              {view === 'steps' && (
                <StepsTable {...{ workflowId, runId, isFinal }} steps={stepsNow} areKnown={listed != null} />
              )}
              {view === 'payload' && <RunPayload workflowId={workflowId} runId={runId} version={version} />}
              {view === 'compare' && <Comparison workflowId={workflowId} runId={runId} version={version} />}
            </div>
          </>
        )}
      </div>
      {run && stepId !== null && (
        <StepDrawer stepId={stepId} steps={steps}>
          <StepDetail key={stepId} {...{ workflowId, runId, stepId, version, isFinal }} />
        </StepDrawer>
      )}
    </div>
  );
}
