/** Timeline of a run, from the offsets of the schema. */
import { useMemo } from 'react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { Empty } from '../shell/notices.tsx';
import type { TimelineStep } from '../timeline/bars/bars.ts';
import { lengthened } from '../timeline/bars/layout.ts';
import { Timeline } from '../timeline/timeline.tsx';
import type { UsualNodes } from './expectation.tsx';
import { useIsMoving } from './freshness.tsx';
import { nowOf, type LatestSteps, type ListedStep } from './steps.ts';

const RUN_TIMELINE = graphql(`
  fragment RunTimeline on Run {
    isFinished
    startedAt
    wallClockMs
    timeline {
      startedAt
      durationMs
    }
    ...RunFreshness
  }
`);

const RUN_LAYOUT = graphql(`
  fragment RunLayout on Run {
    criticalPath {
      steps {
        workflowId
        runId
        id
      }
    }
  }
`);

export interface RunTimelineProps {
  readonly run: FragmentType<typeof RUN_TIMELINE>;
  /** `null` until loaded. */
  readonly layout: FragmentType<typeof RUN_LAYOUT> | null | undefined;
  readonly steps: readonly ListedStep[];
  readonly latest: LatestSteps;
  readonly usual: UsualNodes;
  /** Whether the steps could be loaded. */
  readonly areKnown: boolean;
}

export function RunTimeline({ run: masked, layout, steps: listed, latest, usual, areKnown }: RunTimelineProps) {
  const run = readFragment(RUN_TIMELINE, masked);
  const { criticalPath } = readFragment(RUN_LAYOUT, layout) ?? {};
  const { timeline, isFinished } = run;
  const isMoving = useIsMoving(run);
  const nowMs = nowOf(run);
  // Steps that are unfinished when the run ends also end there.
  const endMs = isFinished && run.wallClockMs !== null ? nowMs : null;
  const steps = useMemo(() => {
    const critical = new Set(criticalPath?.steps.map(({ id }) => id));
    return listed.flatMap((step) => {
      if (step.offsetMs == null) return [];
      const hasNotEnded = step.durationSource === 'LIVE';
      const bar: TimelineStep = {
        stepId: step.id,
        nodeId: step.nodeId,
        status: step.status,
        attempt: step.attempt,
        attemptCount: step.attemptCount,
        itemKey: step.itemKey,
        itemAttempt: step.itemAttempt,
        offsetMs: step.offsetMs,
        durationMs: (step.durationMs ?? 0) + step.waitingMs,
        waitingMs: step.waitingMs,
        isCritical: critical.has(step.id),
        isGrowing: !isFinished && hasNotEnded,
      };
      return hasNotEnded && endMs !== null ? lengthened(bar, Math.max(0, endMs - step.offsetMs)) : bar;
    });
  }, [listed, criticalPath?.steps, isFinished, endMs]);

  // The top of the page shows why the timeline is missing.
  if (!timeline || !areKnown) return null;
  if (timeline.durationMs == null || timeline.startedAt == null || steps.length === 0) {
    return (
      <Empty title={titleOfNone(listed, isFinished)}>{!isFinished && <p>The first one shows here by itself.</p>}</Empty>
    );
  }
  return (
    <Timeline
      steps={steps}
      latest={latest}
      usual={usual}
      startedAt={timeline.startedAt}
      durationMs={timeline.durationMs}
      nowMs={isFinished ? null : nowMs}
      isMoving={isMoving}
    />
  );
}

function titleOfNone(steps: readonly ListedStep[], isFinished: boolean): string {
  if (steps.some(({ status }) => status !== 'PENDING')) return 'No step has a start time';
  return isFinished ? 'No step started' : 'No step has started yet';
}
