/** Search results: a pasted link or id first, then workflows and runs from the gateway, then actions. */
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { SETTLED_MS } from '../controls/search-field.tsx';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { keyStore } from '../session/key-store.ts';
import { CircleDot, ExternalLink, House, Keyboard, List, LogOut, type Icon, Workflow } from '../shell/icons.tsx';
import { statusWord } from '../status/status.tsx';
import { useSettled } from '../hooks/timing.ts';
import { GRAPHQL_URL } from '../url/base-path.ts';
import { HOME, runLink, runsLink, workflowLink } from '../url/links.ts';
import { useDirectory } from '../home/directory.ts';
import { FOUND_RUN, useFoundRuns, type FoundRun } from './found-runs.ts';
import { mayBeRunId, readPair, readPasted, type Named } from './pasted.ts';

interface Offered {
  readonly key: string;
  readonly icon: Icon;
  readonly label: string;
  readonly hint: string;
  readonly isId?: boolean;
  /** The run, if one was found. */
  readonly run?: FoundRun;
  /** The field that matched. */
  readonly matchedIn?: string | null;
}

export type PaletteItem = Offered & ({ readonly to: string } | { readonly act: () => void });

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

const RUNS_WITH_TEXT = graphql(`
  query RunsWithText($filter: RunFilter, $workflowIds: [ID!]) {
    recentRuns(first: 6, filter: $filter, workflowIds: $workflowIds) {
      edges {
        node {
          ...FoundRun
        }
        matchedIn
      }
      runsExamined
      pageInfo {
        hasNextPage
      }
    }
  }
`);

export interface Search {
  readonly items: readonly PaletteItem[];
  readonly isSearching: boolean;
  /** Number of runs whose ids, inputs and errors were searched; `null` for none. */
  readonly runsExamined: number | null;
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
    keepsPrevious: true,
  });
  const directory = useDirectory();
  const search = settled === '' ? null : settled;
  const listed = useGatewayQuery(RUNS_WITH_TEXT, {
    variables: named || !directory.workflows ? null : { filter: { search }, workflowIds: directory.namedIds },
    read: (data) => data.recentRuns,
    keepsPrevious: true,
  });
  const found = useFoundRuns(!named && mayBeRunId(settled) ? settled : null);

  const has = (...texts: readonly (string | null | undefined)[]) =>
    texts.some((one) => one?.toLowerCase().includes(wanted.toLowerCase()));
  // Earlier results may not match while the gateway searches for the new string.
  const isFor = (isPrevious: boolean, ...texts: readonly (string | null)[]) =>
    (wanted === settled && !isPrevious) || has(...texts);
  const runs: readonly Match[] = [
    ...found.runs.map((run) => ({ run, matchedIn: null, isPrevious: false })),
    ...(listed.value?.edges ?? []).flatMap(({ node, matchedIn }) => {
      const run = readFragment(FOUND_RUN, node);
      return run ? [{ run, matchedIn, isPrevious: listed.isPrevious }] : [];
    }),
  ].filter(({ run, isPrevious }) => isFor(isPrevious, run.id));
  const exact = runs.filter(({ run }) => run.id === wanted);
  const itemOfRun = (match: Match) => itemOfRunIn(directory.nameOf(match.run.workflowId), match);
  const items: readonly PaletteItem[] = named
    ? [itemOfNamed(named)]
    : [
        ...exact.map(itemOfRun),
        ...(workflows.value ?? []).filter(({ id, name }) => isFor(workflows.isPrevious, id, name)).map(itemOfWorkflow),
        ...runs.map(itemOfRun),
        ...(search !== null && wanted === settled && !listed.isPrevious && listed.value?.pageInfo.hasNextPage === true
          ? [itemOfList(search)]
          : []),
        ...(pair ? [itemOfNamed(pair)] : []),
        ...actions(onHelp).filter(({ label }) => has(label)),
      ];
  return {
    items: [...new Map(items.map((item) => [item.key, item])).values()],
    isSearching:
      wanted !== settled || found.isSearching || [workflows, listed].some((part) => part.isLoading || part.isPrevious),
    runsExamined: search === null ? null : (listed.value?.runsExamined ?? null),
    error: workflows.error ?? found.error ?? directory.error ?? listed.error,
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

interface Match {
  readonly run: FoundRun;
  readonly matchedIn: string | null;
}

const itemOfRunIn = (workflowName: string, { run, matchedIn }: Match): PaletteItem => ({
  ...{ key: `run ${run.workflowId} ${run.id}`, icon: CircleDot, label: run.id, isId: true, to: runLink(run) },
  ...{ hint: `${statusWord(run.status)} · ${workflowName}`, run, matchedIn },
});

/** The list continues the search in older runs. */
const itemOfList = (search: string): PaletteItem => ({
  ...{ key: 'list', icon: List, label: `More runs with “${search}”`, hint: 'Go to', to: runsLink(search) },
});

const actions = (onHelp: () => void): readonly PaletteItem[] => [
  { key: 'home', icon: House, label: 'Runs of all workflows', hint: 'Go to', to: HOME },
  {
    key: 'graphql',
    icon: ExternalLink,
    label: 'GraphQL explorer',
    hint: 'Go to',
    act: () => window.location.assign(GRAPHQL_URL),
  },
  { key: 'help', icon: Keyboard, label: 'Keyboard shortcuts', hint: '?', act: onHelp },
  { key: 'out', icon: LogOut, label: 'Sign out', hint: '', act: keyStore.forget },
];
