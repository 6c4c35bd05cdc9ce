/** Why the run failed, with the runs to compare it with and a summary for a chat or an issue. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { DiagnosisQuery, RunCausesFragment } from '../__generated__/graphql.ts';
import { CHANGE } from '../failures/changes.tsx';
import { FailureLine, FailureSummary } from '../failures/failure-summary.tsx';
import { countOf } from '../format/numbers.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { messageOf } from '../live/errors.ts';
import { CopyButton } from '../shell/copy-button.tsx';
import { ClipboardList } from '../shell/icons.tsx';
import { headlineOf } from '../text/excerpt.ts';
import { LongText } from '../text/long-text.tsx';
import { markOf } from '../text/mark.ts';
import { comparisonLink, trendsLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { RUN_CAUSES } from './run-query.ts';

const DIAGNOSIS = graphql(`
  query Diagnosis($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      lastSuccessBefore {
        id
        workflowId
      }
      diagnosis {
        markdown
        shareBefore
        group {
          ...FailureClaims
        }
        changes {
          ...Change
        }
        baseline {
          reason
          run {
            id
            workflowId
            startedAt
          }
        }
      }
    }
  }
`);

export interface RunFailureProps {
  readonly run: FragmentType<typeof RUN_CAUSES>;
  readonly hasFailed: boolean;
  readonly version: string;
}

export default function RunFailure({ run: masked, hasFailed, version }: RunFailureProps) {
  const run = readFragment(RUN_CAUSES, masked);
  const { workflowId, id, errorInfo, stepCounts } = run;
  const [first, ...others] = run.causes ?? [];
  const url = useUrl();
  const judged = useGatewayQuery(DIAGNOSIS, {
    variables: hasFailed ? { workflowId, id } : null,
    read: (data) => data.run,
    version,
    fetchPolicy: 'no-cache',
  });
  const { diagnosis } = judged.value ?? {};
  const error = first ? first.errorInfo : errorInfo;
  const failedCount = stepCounts?.failed ?? 0;
  return (
    <section className="panel run-failure" aria-label="Why the run failed">
      <FailureSummary
        cause={{ ...causeOf(first), message: error?.message, code: error?.code }}
        to={first ? url.link({ step: first.id }) : null}
        nodeTo={first ? trendsLink(workflowId, first.nodeId) : null}
        group={diagnosis?.group}
        changes={diagnosis?.changes ?? []}
        isCard
        note={
          failedCount > 1 + others.length && (
            <span className="muted">{countOf(failedCount, 'failed attempt')} in total</span>
          )
        }
        often={
          <>
            {diagnosis?.shareBefore != null && <span>in {diagnosis.shareBefore}</span>}
            {judged.isLoading && <span className="muted">Reading the runs before it…</span>}
            {judged.error && !diagnosis && (
              <span className="muted">The runs before it could not be read: {messageOf(judged.error)}</span>
            )}
          </>
        }
      >
        <Actions run={run} judged={judged.value} />
        <WholeErrors errors={[error, errorInfo]} />
      </FailureSummary>
      {others.length > 0 && <Others causes={others} />}
    </section>
  );
}

type FailedStep = NonNullable<RunCausesFragment['causes']>[number];

const causeOf = (step: FailedStep | undefined) => ({
  nodeId: step?.nodeId,
  mark: step && markOf(step),
  message: step?.errorInfo?.message,
});

interface ActionsProps {
  readonly run: RunCausesFragment;
  readonly judged: DiagnosisQuery['run'] | undefined;
}

function Actions({ run, judged }: ActionsProps) {
  if (!judged?.diagnosis) return null;
  const { diagnosis, lastSuccessBefore } = judged;
  const { baseline, markdown } = diagnosis;
  const base = baseline?.run;
  const node = readFragment(CHANGE, diagnosis.changes)[0]?.nodeId ?? null;
  return (
    <div className="actions toolbar">
      {base && base.id !== lastSuccessBefore?.id && (
        <Link className="button" to={comparisonLink(run, base, { node })}>
          Compare with a run before{' '}
          {baseline.reason === 'BEFORE_CHANGE' ? 'the change' : `the failures began${dayOf(base.startedAt)}`}
        </Link>
      )}
      {lastSuccessBefore && (
        <Link className="button" to={comparisonLink(run, lastSuccessBefore, { node })}>
          Compare with the last success
        </Link>
      )}
      <CopyButton label="Copy summary" icon={<ClipboardList />} text={() => withLink(markdown)} />
    </div>
  );
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

const dayOf = (at: string | null): string => (at === null ? '' : `, ${DAY.format(Date.parse(at))}`);

/** The gateway links the run only if it knows its public URL. */
function withLink(markdown: string): string {
  const url = window.location.origin + window.location.pathname;
  return markdown.includes(url) ? markdown : `${markdown}\nRun: <${url}>\n`;
}

/** One less than the query loads, to detect further steps. The table of steps has all of them. */
const MOST_SHOWN = 5;

function Others({ causes }: { readonly causes: readonly FailedStep[] }) {
  const url = useUrl();
  const shown = causes.slice(0, MOST_SHOWN - 1);
  return (
    <ul className="small" aria-label="More failed steps">
      {shown.map((step) => (
        <li key={step.id}>
          <Link to={url.link({ step: step.id })} className="focus-inside ellipsis" data-row>
            <FailureLine cause={causeOf(step)} hasMore={false} />
          </Link>
        </li>
      ))}
      {causes.length > shown.length && (
        <li>
          <Link to={url.link({ tab: 'steps', status: ['FAILED'] })} className="focus-inside">
            All failed steps
          </Link>
        </li>
      )}
    </ul>
  );
}

interface WholeErrorsProps {
  readonly errors: readonly ({ readonly message: string; readonly raw: string } | null | undefined)[];
}

/** The error, if it has more than its headline, and the run's error, if it differs. */
function WholeErrors({ errors: [error, ofRun] }: WholeErrorsProps) {
  const whole = error && error.raw.trim() !== headlineOf(error.message) ? error.raw : null;
  const other = ofRun && ofRun.raw !== error?.raw ? ofRun.raw : null;
  if (whole === null && other === null) return null;
  return (
    <details>
      <summary>Whole error</summary>
      {whole !== null && <LongText text={whole} label="Whole error" />}
      {other !== null && <LongText text={other} label="Error of the run" />}
    </details>
  );
}
