/** Runs that failed alike, in one row: their summary, how often, and when. Details when expanded. */
import { useState } from 'react';
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { FailureGroupFragment } from '../__generated__/graphql.ts';
import { countOf, formatCost, formatCount } from '../format/numbers.ts';
import { Hinted } from '../shell/hinted.tsx';
import { ChevronDown, ChevronRight } from '../shell/icons.tsx';
import { Ago, momentText } from '../time/time.tsx';
import type { News } from '../notifications/notifications.ts';
import { headlineOf } from '../text/excerpt.ts';
import { LongText } from '../text/long-text.tsx';
import { comparisonLink, runLink, trendsLink, workflowLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { lazyPart } from '../shell/lazy-part.tsx';
import { ChangeOf } from './changes.tsx';
import { FailureSummary } from './failure-summary.tsx';

const StartAgain = lazyPart(
  () => import('../actions/start-again.tsx'),
  'the button',
  () => null,
);

export const FAILURE_GROUP = graphql(`
  fragment FailureGroup on FailureGroup {
    workflow {
      id
      name
    }
    nodeId
    message
    latestMessage
    code
    count
    finishedCount
    lastSeenAt
    estimatedCost {
      amount
      currency
    }
    ...FailureClaims
    suspectedChanges {
      ...Change
    }
    runs(first: 100) {
      id
      workflowId
      startedAt
    }
  }
`);

export type MaskedGroup = FragmentType<typeof FAILURE_GROUP>;

export const keyOf = (group: MaskedGroup): string => {
  const { workflow, nodeId, code, message } = readFragment(FAILURE_GROUP, group);
  return JSON.stringify([workflow.id, nodeId, code, message]);
};

export function newsOf(group: MaskedGroup): News {
  const { workflow, nodeId, latestMessage } = readFragment(FAILURE_GROUP, group);
  const body = [nodeId, headlineOf(latestMessage ?? '')].filter(Boolean).join(': ');
  return { key: keyOf(group), title: `New failure in ${workflow.name ?? workflow.id}`, body };
}

export interface FailureGroupProps {
  readonly group: MaskedGroup;
  readonly span: Span;
  /** Whether groups of several workflows are listed. */
  readonly namesWorkflow?: boolean;
}

export function FailureGroup({ group: masked, span, namesWorkflow = false }: FailureGroupProps) {
  const url = useUrl();
  const [isOpen, setIsOpen] = useState(false);
  const group = readFragment(FAILURE_GROUP, masked);
  const { workflow, nodeId, latestMessage, code, count, finishedCount, lastSeenAt } = group;
  const runs = group.runs?.filter((run) => run !== null) ?? [];
  const [newest] = runs;
  const name = workflow.name ?? workflow.id;
  const Twisty = isOpen ? ChevronDown : ChevronRight;
  return (
    <li>
      <FailureSummary
        cause={{ message: latestMessage, code, nodeId }}
        to={newest ? runLink(newest) : null}
        nodeTo={nodeId && (namesWorkflow ? trendsLink(workflow.id, nodeId) : url.link({ node: nodeId }))}
        workflow={namesWorkflow ? { name, to: workflowLink(workflow.id) } : undefined}
        group={group}
        changes={group.suspectedChanges}
        often={
          <span>
            <strong>{formatCount(count)}×</strong>{' '}
            {finishedCount !== null && (
              <span className="muted">
                <Hinted hint={`Runs that finished ${span.words} since this failure began`}>
                  in {countOf(finishedCount, 'run')}
                </Hinted>
              </span>
            )}
          </span>
        }
        last={
          <span className="muted">
            last <Ago at={lastSeenAt} />
          </span>
        }
      >
        <FailureTimes runs={runs} count={count} span={span} />
        <button
          type="button"
          className="quiet icon-only"
          aria-expanded={isOpen}
          aria-label={`Details of ${headlineOf(latestMessage ?? '') || 'the failure'}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <Twisty aria-hidden="true" />
        </button>
      </FailureSummary>
      {isOpen && <Details group={group} />}
    </li>
  );
}

/** In the list they are too many to scan. */
const MOST_RUNS = 20;

function Details({ group }: { readonly group: FailureGroupFragment }) {
  const { workflow, latestMessage, count, suspectedChanges, estimatedCost } = group;
  const runs = group.runs?.filter((run) => run !== null) ?? [];
  const [newest] = runs;
  const shown = runs.slice(0, MOST_RUNS);
  return (
    <div className="failure-details stack">
      {latestMessage != null && <LongText text={latestMessage} label="Error of the newest run" />}
      {suspectedChanges.map((change, index) => (
        <div key={index}>
          <ChangeOf change={change} />
        </div>
      ))}
      {newest && <Link to={comparisonLink(newest, null)}>Compare the newest run with one before</Link>}
      {estimatedCost?.amount != null && (
        <p className="muted">Its runs cost about {formatCost(estimatedCost.amount, estimatedCost.currency)}.</p>
      )}
      <p className="toolbar small">
        <span className="muted">
          {shown.length < count ? `The latest ${shown.length} of ${formatCount(count)} runs:` : 'Runs:'}
        </span>
        {shown.map((run) => (
          <span key={run.id}>
            <Link to={runLink(run)} className="mono" title={run.id}>
              <bdi>{run.id}</bdi>
            </Link>{' '}
            <span className="muted">
              <Ago at={run.startedAt} />
            </span>
          </span>
        ))}
      </p>
      <StartAgain workflowId={workflow.id} runs={runs} count={count} />
    </div>
  );
}

export interface Span {
  /** Milliseconds since 1970; `null` if unknown. */
  readonly fromMs: number | null;
  readonly toMs: number;
  /** Part of a sentence: `in the last 24 hours`. */
  readonly words: string;
}

interface FailureTimesProps {
  readonly runs: readonly { readonly id: string; readonly startedAt: string | null }[];
  /** Number of runs in the group; `runs` may have fewer. */
  readonly count: number;
  readonly span: Span;
}

/** Greatest position of a mark in percent, so that the last one stays visible. */
const MOST = 98.5;

/** When the runs of a failure group started: one mark each, over the examined period. */
function FailureTimes({ runs, count, span: { fromMs, toMs } }: FailureTimesProps) {
  const starts = runs.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  const [first, last] = [starts.at(-1), starts[0]];
  if (first === undefined || last === undefined) return null;
  const from = fromMs ?? Date.parse(first);
  const placeOf = (at: string): number => Math.max(0, (MOST * (Date.parse(at) - from)) / Math.max(1, toMs - from));
  const counted =
    runs.length === count ? countOf(count, 'failed run') : `The latest ${runs.length} of ${count} failed runs`;
  const label = `${counted}, from ${momentText(first)} to ${momentText(last)}`;
  return (
    <div className="failure-times" role="img" aria-label={label} title={label}>
      {starts.map((at, index) => (
        <span key={`${at} ${index}`} style={{ insetInlineStart: `${Math.min(MOST, placeOf(at))}%` }} />
      ))}
    </div>
  );
}
