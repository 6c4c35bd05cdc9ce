/** What a wide list adds to its runs: an excerpt of the inputs, tokens and cost. Loaded after the list, which doesn't wait for it. */
import { graphql } from '../__generated__/gql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import type { ListedRun } from './merged-runs.ts';

const INPUTS_OF_RUNS = graphql(`
  query InputsOfRuns($runs: [_Any!]!) {
    _entities(representations: $runs) {
      ... on Run {
        id
        workflowId
        inputs
      }
    }
  }
`);

/** Needs the steps, which the gateway keeps for a finished run. */
const FIGURES_OF_RUNS = graphql(`
  query FiguresOfRuns($runs: [_Any!]!) {
    _entities(representations: $runs) {
      ... on Run {
        id
        workflowId
        tokenUsage {
          counts {
            totalTokens
          }
        }
        estimatedCost {
          amount
          currency
        }
      }
    }
  }
`);

/** Larger inputs are shown only on the pages of their runs. */
const MOST_BYTES = 300_000;
const MOST_CHARACTERS = 200;

export interface RunDetails {
  readonly inputs: string;
  readonly tokens: number | null | undefined;
  readonly cost: { readonly amount: number | null; readonly currency: string } | null | undefined;
}

export function useRunDetails(runs: readonly ListedRun[]): (run: ListedRun) => RunDetails {
  const options = { fetchPolicy: 'no-cache', keepsPrevious: true } as const;
  const inputs = useGatewayQuery(INPUTS_OF_RUNS, {
    variables: variablesOf(runs),
    read: (data) => data._entities,
    maxBytes: MOST_BYTES,
    ...options,
  });
  const figures = useGatewayQuery(FIGURES_OF_RUNS, {
    variables: variablesOf(runs.filter(({ isFinished }) => isFinished)),
    read: (data) => data._entities,
    ...options,
  });
  return (run) => {
    const found = figures.value?.find(isThe(run));
    return {
      inputs: excerptOf(inputs.value?.find(isThe(run))?.inputs),
      tokens: found?.tokenUsage?.counts.totalTokens,
      cost: found?.estimatedCost,
    };
  };
}

type Identified = { readonly workflowId?: string; readonly id?: string } | null;

const isThe =
  ({ workflowId, id }: ListedRun) =>
  (found: Identified): boolean =>
    found?.workflowId === workflowId && found.id === id;

const variablesOf = (runs: readonly ListedRun[]) =>
  runs.length === 0 ? null : { runs: runs.map(({ workflowId, id }) => ({ __typename: 'Run', workflowId, id })) };

/** `order: 7, customer: {"region":"eu"}`. */
function excerptOf(inputs: unknown): string {
  if (typeof inputs !== 'object' || inputs === null) return '';
  const parts = Object.entries(inputs).map(([name, value]) => `${name}: ${textOf(value)}`);
  return parts.join(', ').slice(0, MOST_CHARACTERS);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
