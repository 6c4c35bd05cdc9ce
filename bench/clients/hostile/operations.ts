/** Operations of hostile owners: valid, and all different. */
import { ORDINARY, runIdOf, WORKFLOW_ID } from '../../fixture-runs.ts';

/** A key that the upstream accepts, and of another caller than the accepted key that is measured. */
export const HOSTILE_KEY = 'Bearer hostile-key';

const RUNS = 500;
export const ordinaryRun = (index: number): string => runIdOf(ORDINARY, `hostile-${index % RUNS}`);

const RUN = (selection: string, id: string) => `{run(workflowId:"${WORKFLOW_ID}",id:"${id}"){${selection}}}`;

/** A small operation with a comment of this many characters. */
export const commented = (index: number, length: number): string => `{__typename}#${index} ${'x'.repeat(length)}`;

/** Within the limit of aliases, with few enough fields to be compiled. */
export function longAliases(index: number, length: number, runId: string): string {
  const count = 90;
  const width = Math.floor(length / count) - 8;
  const aliases = Array.from({ length: count }, (_, alias) => `a${index}x${alias}x`.padEnd(width, 'y') + ':status');
  return RUN(aliases.join(' '), runId);
}

const STEP_FIELDS =
  'id runId workflowId nodeId userId organizationId status rawStatus isFinished startTime endTime elapsedTime durationMs durationSource clockSkewDetected offsetMs gapBeforeMs shareOfRun error';

/** By default as many nodes of the syntax tree as the limit of tokens allows. */
export function manyFragments(index: number, runId: string, count = 98): string {
  const names = Array.from({ length: count }, (_, fragment) => `F${index}x${fragment}`);
  const fragments = names.map((name) => `fragment ${name} on Step{${STEP_FIELDS}}`);
  return `${RUN(`steps{${names.map((name) => `...${name}`).join(' ')}}`, runId)}${fragments.join('')}`;
}

/** An answer as large as the run's outputs. */
export const allOutputs = (index: number, runId: string): string => RUN(`o${index}:steps{outputs}`, runId);

const RUNS_AT_ONCE = 100;
const HEAVY_QUERY = `query Heavy($workflowId:ID!,$ids:[ID!]!,$probe:ID!){workflow(id:$workflowId){runsById(ids:$ids){step(id:$probe){id}steps{${STEP_FIELDS}}}}}`;

/** One known document, whose answer has 2,000 steps. */
export function heavyBody(index: number): string {
  const ids = Array.from({ length: RUNS_AT_ONCE }, (_, run) => ordinaryRun(run));
  const variables = { workflowId: WORKFLOW_ID, ids, probe: String(index) };
  return bodyOf(HEAVY_QUERY, { variables });
}

const PATH_QUERY = `query($i:ID!,$p:String){run(workflowId:"${WORKFLOW_ID}",id:$i){steps{outputs(path:$p)}}}`;

/** 150 bytes, one known document. */
export const pathBody = (runId: string, path: string): string =>
  bodyOf(PATH_QUERY, { variables: { i: runId, p: path } });

export const bodyOf = (query: string, rest: object = {}): string => JSON.stringify({ query, ...rest });

/** JSON of about this many bytes that takes twenty times as many when it is parsed. */
export const denseJson = (bytes: number): string => `[${'{},'.repeat(Math.floor(bytes / 3) - 1)}{}]`;

/** 8 to 16 KB. */
export const denseBytes = (index: number): number => 8000 + ((index * 7919) % 8000);

/** Puts a dense value into a body, as a variable that no operation declares. */
export function denseBody(query: string, variables: object, bytes: number): string {
  const mark = '@@dense@@';
  const body = bodyOf(query, { variables: { ...variables, undeclared: mark } });
  return body.replace(JSON.stringify(mark), denseJson(bytes));
}
