/** Operations of hostile clients: valid, and all different. */
import { WORKFLOW_ID } from '../../fixture-runs.ts';

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

/** As many nodes of the syntax tree as the limit of tokens allows. */
export function manyFragments(index: number, runId: string): string {
  const names = Array.from({ length: 98 }, (_, fragment) => `F${index}x${fragment}`);
  const fragments = names.map((name) => `fragment ${name} on Step{${STEP_FIELDS}}`);
  return `${RUN(`steps{${names.map((name) => `...${name}`).join(' ')}}`, runId)}${fragments.join('')}`;
}

/** 20 expressions of JMESPath over the outputs of each step. */
export function manyPaths(index: number, runId: string): string {
  const paths = Array.from({ length: 20 }, (_, path) => {
    const expression = `choices[?index != '${index}-${path}'].message.{content: content, role: role}`;
    return `p${path}:outputs(path:${JSON.stringify(expression)})`;
  });
  return RUN(`steps{${paths.join(' ')}}`, runId);
}

/** A small answer that needs all outputs of each step to be parsed. */
export const lengths = (index: number, runId: string): string =>
  RUN(`l${index}:steps{outputs(path:"items[-1]")}`, runId);

/** An answer as large as the run's outputs. */
export const allOutputs = (index: number, runId: string): string => RUN(`o${index}:steps{outputs}`, runId);

export const bodyOf = (query: string, rest: object = {}): string => JSON.stringify({ query, ...rest });
