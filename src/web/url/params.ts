/** Query parameters of the page: the state that a shared link restores. `null` or an invalid value reads as the default. */
import type { RunStatus } from '../__generated__/graphql.ts';

interface Parameter<Name> {
  readonly read: (text: string | null) => unknown;
  /** A change to this parameter removes these, unless it sets them as well. */
  readonly resets?: readonly Name[];
}

const tableOf = <const Table extends { readonly [Name in keyof Table]: Parameter<keyof Table> }>(table: Table) => table;

const text = (given: string | null) => given;
const number = (usual: number) => (given: string | null) => Number(given) || usual;
const oneOf =
  <const Usual extends string | null, const Name extends string>(usual: Usual, ...names: readonly Name[]) =>
  (given: string | null) =>
    names.find((name) => name === given) ?? usual;

export const STATUSES: readonly RunStatus[] = [
  'FAILED',
  'RUNNING',
  'WAITING',
  'PENDING',
  'COMPLETED',
  'CANCELLED',
  'UNKNOWN',
];

const PARAMETERS = tableOf({
  // Pages with views; the first view is the default.
  tab: { read: text, resets: ['after'] },

  // Home, and the workflow of cost.
  workflow: { read: text, resets: ['after'] },
  q: { read: text, resets: ['workflowsAfter'] },
  workflowsAfter: { read: text },

  // Lists of runs, and the time of trends and cost. A cursor belongs to its filters.
  status: {
    read: (given) => STATUSES.filter((status) => given?.split(',').includes(status)),
    resets: ['after'],
  },
  since: { read: oneOf(null, '1h', '24h', '7d', '30d'), resets: ['start', 'end', 'after'] },
  start: { read: momentOf, resets: ['since', 'after'] },
  end: { read: momentOf, resets: ['since', 'after'] },
  search: { read: text, resets: ['after'] },
  inputs: { read: text, resets: ['after'] },
  took: { read: (given) => Number(given) || null, resets: ['after'] },
  after: { read: text },

  // Workflow: the node of the trends, which is also the open node of a comparison, and the form that starts a run.
  node: { read: text, resets: ['diff'] },
  run: { read: oneOf(null, 'new'), resets: ['from'] },
  from: { read: text },

  // Run: the open step, its payload, the payload of the run, and the table of steps.
  step: { read: text, resets: ['path', 'side'] },
  side: { read: text, resets: ['path'] },
  path: { read: text },
  runSide: { read: oneOf('inputs', 'outputs'), resets: ['runPath'] },
  runPath: { read: text },
  sort: { read: oneOf(null, 'DURATION', 'TOKENS', 'COST') },

  // Timeline and graph of a run.
  rows: { read: oneOf('nodes', 'packed') },
  find: { read: text },
  fold: { read: oneOf('on', 'off') },
  clock: { read: oneOf('elapsed', 'local', 'utc') },
  zoom: { read: number(1), resets: ['at'] },
  at: { read: number(0) },
  scale: { read: (given) => (given === 'fit' ? given : Number(given) || null) },

  // Comparison of two runs.
  with: { read: text, resets: ['node', 'diff'] },
  all: { read: oneOf(null, '1') },
  diff: { read: text },
});

type Name = keyof typeof PARAMETERS;
export type Params = { readonly [Each in Name]: ReturnType<(typeof PARAMETERS)[Each]['read']> };
/** `null` sets the default, which isn't in the URL. */
export type Changes = { readonly [Each in Name]?: Params[Each] | null };

const NAMES = Object.keys(PARAMETERS) as Name[];

export const readParams = (search: URLSearchParams): Params =>
  Object.fromEntries(NAMES.map((name) => [name, PARAMETERS[name].read(search.get(name))])) as Params;

export function changed(search: URLSearchParams, changes: Changes): URLSearchParams {
  const after = new URLSearchParams(search);
  for (const name of NAMES.filter((each) => each in changes)) {
    const { read, resets = [] }: Parameter<Name> = PARAMETERS[name];
    for (const reset of resets) if (!(reset in changes)) after.delete(reset);
    const value = changes[name] ?? null;
    if (value === read(null) || String(value ?? '') === '') after.delete(name);
    else after.set(name, String(value));
  }
  return after;
}

/** The original string: a `Date` would lose its microseconds. */
function momentOf(given: string | null): string | null {
  return Number.isNaN(Date.parse(given ?? '')) ? null : given;
}
