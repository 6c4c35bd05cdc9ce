/** Statistics below the timeline: slowest steps, repeated nodes, and tokens by model. */
import { Link } from 'react-router';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RunInsightsFragment } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { markOf } from '../text/mark.ts';
import { Name } from '../text/name.tsx';
import { useUrl } from '../url/url.ts';

const RUN_INSIGHTS = graphql(`
  fragment RunInsights on Run {
    slowestSteps(first: 5) {
      workflowId
      runId
      id
      nodeId
      attempt
      attemptCount
      itemKey
      itemAttempt
      durationMs
      shareOfRun
    }
    repeatedNodes {
      nodeId
      retryCount
      wastedMs
      attempts {
        workflowId
        runId
        id
        status
        attempt
        attemptCount
        itemKey
        itemAttempt
      }
    }
    tokenUsage {
      byModel {
        model
        counts {
          inputTokens
          outputTokens
          totalTokens
        }
      }
    }
  }
`);

export function RunInsights({ run: masked }: { readonly run: FragmentType<typeof RUN_INSIGHTS> }) {
  const { slowestSteps, repeatedNodes, tokenUsage } = readFragment(RUN_INSIGHTS, masked);
  return (
    <div className="run-insights">
      {slowestSteps && slowestSteps.length > 0 && <SlowestSteps steps={slowestSteps} />}
      {repeatedNodes && repeatedNodes.length > 0 && <RepeatedNodes nodes={repeatedNodes} />}
      {tokenUsage && tokenUsage.byModel.length > 0 && <TokensByModel models={tokenUsage.byModel} />}
    </div>
  );
}

function SlowestSteps({ steps }: { readonly steps: NonNullable<RunInsightsFragment['slowestSteps']> }) {
  const url = useUrl();
  return (
    <section className="panel">
      <h2>Slowest steps</h2>
      <ol>
        {steps.map(({ id, nodeId, durationMs, shareOfRun, ...executed }) => (
          <li key={id}>
            <Link to={url.link({ step: id })} className="mono">
              <Name mark={markOf(executed)}>{nodeId}</Name>
            </Link>
            <meter value={shareOfRun ?? 0} aria-label={`${nodeId}: share of the run`} />
            <span className="muted">{formatShare(shareOfRun)}</span>
            <span className="number">{formatDuration(durationMs)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A loop may have hundreds of attempts: failed ones come first in a long list. */
const MOST_ATTEMPTS = 12;

type Attempts = NonNullable<RunInsightsFragment['repeatedNodes']>[number]['attempts'];

const shownOf = (attempts: Attempts): Attempts =>
  attempts.length <= MOST_ATTEMPTS
    ? attempts
    : attempts
        .toSorted((a, b) => Number(b.status === 'FAILED') - Number(a.status === 'FAILED'))
        .slice(0, MOST_ATTEMPTS);

function RepeatedNodes({ nodes }: { readonly nodes: NonNullable<RunInsightsFragment['repeatedNodes']> }) {
  const url = useUrl();
  return (
    <section className="panel">
      <h2>Ran more than once</h2>
      <ol>
        {nodes.slice(0, 5).map(({ nodeId, retryCount, wastedMs, attempts }) => (
          <li key={nodeId}>
            <span className="mono">
              <Name>{nodeId}</Name>
            </span>
            <span className="attempts toolbar">
              {shownOf(attempts).map(({ id, status, ...executed }) => (
                <Link
                  key={id}
                  to={url.link({ step: id })}
                  className={status === 'FAILED' ? 'bad' : undefined}
                  title={status.toLowerCase()}
                >
                  {markOf(executed)}
                  {status === 'FAILED' && ' failed'}
                </Link>
              ))}
              {attempts.length > MOST_ATTEMPTS && <span className="muted">of {attempts.length}</span>}
            </span>
            <span className="muted">{retryCount === 1 ? '1 retry' : `${retryCount || 'no'} retries`}</span>
            <span className="number" title="Lost to retries">
              {formatDuration(wastedMs)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function TokensByModel({ models }: { readonly models: NonNullable<RunInsightsFragment['tokenUsage']>['byModel'] }) {
  return (
    <section className="panel">
      <h2>Tokens by model</h2>
      <ol>
        {models.map(({ model, counts: { inputTokens, outputTokens, totalTokens } }) => (
          <li key={model ?? ''}>
            <span className="mono">
              <Name>{model ?? 'not named'}</Name>
            </span>
            <span />
            <span className="muted">
              {formatCount(inputTokens)} in, {formatCount(outputTokens)} out
            </span>
            <span className="number">{formatCount(totalTokens)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
