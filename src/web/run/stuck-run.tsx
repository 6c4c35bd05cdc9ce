/** An unfinished run that takes longer than almost all before it: how long is usual, where it is, and with which inputs. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { CopyButton } from '../shell/copy-button.tsx';
import { Hourglass } from '../shell/icons.tsx';
import { Ticking } from '../time/time.tsx';
import { useUrl } from '../url/url.ts';
import type { UsualNodes } from './expectation.tsx';

const STUCK_RUN = graphql(`
  fragment StuckRun on Run {
    id
    expectation {
      p50Ms
      p95Ms
    }
    running: steps(filter: { status: [RUNNING] }) {
      workflowId
      runId
      id
      nodeId
      durationMs
    }
  }
`);

export interface StuckRunProps {
  readonly run: FragmentType<typeof STUCK_RUN>;
  readonly workflowName: string;
  /** Status of the run's record, which is newer than the statistics. */
  readonly wallClockMs: number | null;
  readonly usual: UsualNodes;
}

interface Usual {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

const usualText = ({ p50Ms, p95Ms }: Usual): string =>
  `usually ${formatDuration(p50Ms)} (p95 ${formatDuration(p95Ms)})`;

export default function StuckRun({ run: masked, workflowName, wallClockMs, usual }: StuckRunProps) {
  const { id, expectation, running } = readFragment(STUCK_RUN, masked);
  const url = useUrl();
  if (!expectation) return null;
  const steps = running?.filter((step) => step !== null) ?? [];
  const usualOf = (nodeId: string): string => {
    const ofNode = usual.get(nodeId);
    return ofNode ? `, ${usualText(ofNode)}` : '';
  };
  const copied = (): string =>
    [
      `${workflowName}, run ${id}: ${usualText(expectation)}, now ${formatDuration(wallClockMs)}`,
      ...steps.map(({ nodeId, durationMs }) => `at ${nodeId} for ${formatDuration(durationMs)}${usualOf(nodeId)}`),
      window.location.href,
    ].join('\n');
  return (
    <section className="notice status-cancelled stuck-run" aria-label="Overdue">
      <Hourglass />
      <div>
        <strong>
          Overdue: {usualText(expectation)}, now <Ticking ms={wallClockMs} isTicking />
        </strong>
        {steps.length === 0 && <p>No step is running.</p>}
        {steps.map((step) => (
          <p key={step.id}>
            At <bdi className="mono">{step.nodeId}</bdi> for <Ticking ms={step.durationMs} isTicking />
            {usualOf(step.nodeId)} <Link to={url.link({ step: step.id, side: 'inputs' })}>Its inputs</Link>
          </p>
        ))}
      </div>
      <CopyButton label="Copy" text={copied} />
    </section>
  );
}
