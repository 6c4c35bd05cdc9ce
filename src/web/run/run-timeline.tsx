/** The timeline of a run, as its schema lays it out. */
import { useMemo } from 'react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { Empty } from '../shell/notices.tsx';
import { Timeline } from '../timeline/timeline.tsx';
import { useIsMoving } from './freshness.tsx';

const RUN_TIMELINE = graphql(`
  fragment RunTimeline on Run {
    isFinished
    timeline {
      durationMs
      laneCount
      bars {
        lane
        offsetMs
        durationMs
        step {
          id
          nodeId
          status
          attempt
          attemptCount
        }
      }
      gaps {
        offsetMs
        durationMs
      }
    }
    criticalPath {
      steps {
        id
      }
    }
    ...RunFreshness
  }
`);

export function RunTimeline({ run: masked }: { readonly run: FragmentType<typeof RUN_TIMELINE> }) {
  const run = readFragment(RUN_TIMELINE, masked);
  const { timeline, criticalPath } = run;
  const isMoving = useIsMoving(run);
  const bars = useMemo(() => {
    const critical = new Set(criticalPath?.steps.map(({ id }) => id));
    return (timeline?.bars ?? []).map(({ step, lane, offsetMs, durationMs }) => ({
      stepId: step.id,
      nodeId: step.nodeId,
      status: step.status,
      attempt: step.attempt,
      attemptCount: step.attemptCount,
      lane,
      offsetMs,
      durationMs,
      isCritical: critical.has(step.id),
    }));
  }, [timeline?.bars, criticalPath?.steps]);

  // Why it is not there is said at the top of the page.
  if (!timeline) return null;
  if (timeline.durationMs == null || bars.length === 0) {
    return (
      <Empty title="No step has started yet">{!run.isFinished && <p>The first one shows here by itself.</p>}</Empty>
    );
  }
  return (
    <Timeline
      bars={bars}
      gaps={timeline.gaps}
      durationMs={timeline.durationMs}
      laneCount={timeline.laneCount}
      isMoving={isMoving}
      isFinished={run.isFinished}
    />
  );
}
