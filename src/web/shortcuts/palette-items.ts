/** Search results for a text: a pasted link or id first, then workflows and runs from the gateway, then actions. */
import { CircleDot, ExternalLink, House, Keyboard, LogOut, Workflow, type LucideIcon } from 'lucide-react';
import { graphql } from '../__generated__/gql.ts';
import type { RunStatus } from '../__generated__/graphql.ts';
import { SETTLED_MS } from '../controls/search-field.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { keyStore } from '../session/key-store.ts';
import { statusWord } from '../status/status.tsx';
import { useSettled } from '../hooks/timing.ts';
import { GRAPHQL_URL } from '../url/base-path.ts';
import { HOME, runLink, workflowLink } from '../url/links.ts';
import { useDirectory } from '../home/directory.ts';
import { useFoundRuns } from './found-runs.ts';
import { mayBeRunId, readPair, readPasted, type Named } from './pasted.ts';

interface Offered {
  readonly key: string;
  readonly icon: LucideIcon;
  readonly label: string;
  readonly hint: string;
  readonly isId?: boolean;
}

export type PaletteItem = Offered & ({ readonly to: string } | { readonly run: () => void });

const FIND_WORKFLOWS = graphql(`
  query FindWorkflows($search: String!) {
    workflows(first: 8, search: $search) {
      nodes {
        id
        name
      }
    }
  }
`);

const LATEST_RUNS = graphql(`
  query LatestRuns($workflowIds: [ID!]) {
    recentRuns(first: 100, workflowIds: $workflowIds) {
      nodes {
        id
        workflowId
        status
      }
    }
  }
`);

const RUNS_OFFERED = 6;

export interface Search {
  readonly items: readonly PaletteItem[];
  readonly isSearching: boolean;
  /** Error if not everything could be searched. */
  readonly error: Error | undefined;
}

export function usePaletteItems(text: string, onHelp: () => void): Search {
  const wanted = text.trim();
  const settled = useSettled(wanted, SETTLED_MS);
  const named = readPasted(wanted);
  const pair = readPair(wanted);
  const workflows = useGatewayQuery(FIND_WORKFLOWS, {
    variables: named ? null : { search: settled },
    read: (data) => data.workflows?.nodes,
  });
  const directory = useDirectory();
  const latest = useGatewayQuery(LATEST_RUNS, {
    variables: directory.workflows && { workflowIds: directory.namedIds },
    read: (data) => data.recentRuns?.nodes,
  });
  const found = useFoundRuns(!named && mayBeRunId(settled) ? settled : null);

  const has = (...texts: readonly (string | null | undefined)[]) =>
    texts.some((one) => one?.toLowerCase().includes(wanted.toLowerCase()));
  const runs = [...found.runs, ...(latest.value ?? [])].flatMap((run) => (run && has(run.id) ? [run] : []));
  const exact = runs.filter(({ id }) => id === wanted);
  const items: readonly PaletteItem[] = named
    ? [itemOfNamed(named)]
    : [
        ...exact.map(itemOfRun),
        ...(workflows.value ?? [])
          // Results for the previous text may not match while the gateway searches for the new one.
          .filter(({ id, name }) => wanted === settled || has(id, name))
          .map(itemOfWorkflow),
        ...runs.slice(0, RUNS_OFFERED).map(itemOfRun),
        ...(pair ? [itemOfNamed(pair)] : []),
        ...actions(onHelp).filter(({ label }) => has(label)),
      ];
  return {
    items: [...new Map(items.map((item) => [item.key, item])).values()],
    isSearching: wanted !== settled || workflows.isLoading || found.isSearching,
    error: workflows.error ?? found.error ?? directory.error ?? latest.error,
  };
}

function itemOfNamed({ workflowId, runId, search }: Named): PaletteItem {
  const item = { key: 'named', isId: true };
  return runId === null
    ? { ...item, icon: Workflow, label: workflowId, hint: 'Open this workflow', to: workflowLink(workflowId) + search }
    : {
        ...item,
        icon: CircleDot,
        label: runId,
        hint: `Run of ${workflowId}`,
        to: runLink({ workflowId, id: runId }) + search,
      };
}

const itemOfWorkflow = ({ id, name }: { readonly id: string; readonly name: string | null }): PaletteItem => ({
  ...{ key: `workflow ${id}`, icon: Workflow, label: name ?? id, hint: 'Workflow', to: workflowLink(id) },
});

interface FoundRun {
  readonly id: string;
  readonly workflowId: string;
  readonly status: RunStatus;
}

const itemOfRun = ({ id, workflowId, status }: FoundRun): PaletteItem => ({
  ...{ key: `run ${workflowId} ${id}`, icon: CircleDot, label: id, isId: true, to: runLink({ workflowId, id }) },
  hint: `${statusWord(status)} · ${workflowId}`,
});

const actions = (onHelp: () => void): readonly PaletteItem[] => [
  { key: 'home', icon: House, label: 'Runs of all workflows', hint: 'Go to', to: HOME },
  {
    key: 'graphql',
    icon: ExternalLink,
    label: 'GraphQL explorer',
    hint: 'Go to',
    run: () => {
      window.location.assign(GRAPHQL_URL);
    },
  },
  { key: 'help', icon: Keyboard, label: 'Keyboard shortcuts', hint: '?', run: onHelp },
  { key: 'out', icon: LogOut, label: 'Sign out', hint: '', run: keyStore.forget },
];
