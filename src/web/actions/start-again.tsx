/** Button that starts failed runs again, for callers with the right to start runs of their workflow. */
import { useState } from 'react';
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { RotateCw } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import type { RunIds } from '../url/links.ts';
import { useStartsAgain } from './starts-again.ts';

const StartAgainDialog = lazyPart(() => import('./start-again-dialog.tsx'), 'the question');

const MAY_START = graphql(`
  query MayStart($workflowId: ID!) {
    workflow(id: $workflowId) {
      id
      mayExecute
    }
  }
`);

/** Enough for a reader to check one by one. */
const MOST_RUNS = 20;

export interface StartAgainProps {
  readonly workflowId: string;
  /** Failed runs, newest first. */
  readonly runs: readonly RunIds[];
  /** Number of failed runs; `runs` may have fewer. */
  readonly count: number;
}

export default function StartAgain({ workflowId, runs, count }: StartAgainProps) {
  const { value: workflow } = useGatewayQuery(MAY_START, {
    variables: { workflowId },
    read: (data) => data.workflow,
  });
  // They outlast the dialog, so that reopening it starts nothing twice.
  const starts = useStartsAgain();
  /** `null` while the dialog is closed. New failures don't join the runs that the reader is asked about. */
  const [asked, setAsked] = useState<readonly RunIds[] | null>(null);
  if (workflow?.mayExecute !== true || runs.length === 0) return null;
  const latest = runs.slice(0, MOST_RUNS);
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={() => setAsked(latest)}>
        <RotateCw /> {wordsFor(latest.length, count)}
      </button>
      {asked && (
        <StartAgainDialog
          title={`${wordsFor(asked.length, count)}?`}
          runs={asked}
          starts={starts}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

function wordsFor(shown: number, count: number): string {
  if (count === 1) return 'Start it again';
  return shown < count ? `Start the latest ${shown} again` : `Start these ${shown} again`;
}
