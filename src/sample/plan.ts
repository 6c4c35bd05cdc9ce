/** Draws all random values before a run starts, so the engine plays the plan in any order of timers. */
import type { ConditionNode, JsonObject, Mishap, Range, WorkflowDefinition, WorkflowNode } from './definition.ts';
import { createRandom, type Random } from './random.ts';

/** One execution of a node, which is one step. */
export interface PlannedExecution {
  readonly stepId: string;
  /** Counts retries, from 1. */
  readonly attempt: number;
  /** Time between when the node could start and its start. */
  readonly delayMs: number;
  readonly durationMs: number;
  /** Error, or null if it succeeds. */
  readonly error: string | null;
  readonly hasOutputs: boolean;
}

export interface PlannedNode {
  readonly executions: readonly [PlannedExecution, ...PlannedExecution[]];
  /** The branch that a condition takes. */
  readonly branch: string | null;
  /** Whether it waits for a person's answer, however long that takes. */
  readonly isWait: boolean;
}

export interface RunPlan {
  readonly nodes: ReadonlyMap<string, PlannedNode>;
  /** Milliseconds until the run is cancelled, or null if it isn't. */
  readonly cancelAfterMs: number | null;
}

export type StepOutcome = 'success' | 'retry' | 'failure';

/** Values that are not random. */
export interface Steering {
  readonly outcomeOf?: (node: WorkflowNode) => StepOutcome;
  /** Replaces the node's usual mishap. */
  readonly mishapOf?: (node: WorkflowNode) => Mishap | undefined;
  /** Duration of a node relative to its usual one. */
  readonly slownessOf?: (nodeId: string) => number;
  /** Replaces the branch of the inputs, or a random one. */
  readonly branchOf?: (nodeId: string) => string | undefined;
  /** Whether nodes that ask a person wait for the answer. */
  readonly waits?: true;
  readonly cancelAfterMs?: number;
}

const DISPATCH_MS: Range = [15, 90];
const RETRY_WAIT_MS: Range = [300, 700];
const SLOW_FACTOR = 4;

/** The run takes the review branch, and waits there. */
export const WAITS: Steering = { outcomeOf: () => 'success', branchOf: () => 'review', waits: true };

/** The steering in the inputs: see `workflows.ts`. */
export function steeringOf(inputs: JsonObject): Steering {
  switch (inputs.simulate) {
    case 'success':
      return { outcomeOf: () => 'success' };
    case 'retry':
      return { outcomeOf: (node) => (node.mishap?.kind === 'transient' ? 'retry' : 'success') };
    case 'failure':
      return { outcomeOf: (node) => (node.mishap?.kind === 'fatal' ? 'failure' : 'success') };
    case 'slow':
      return { slownessOf: () => SLOW_FACTOR };
    case 'wait':
      return WAITS;
    default:
      return {};
  }
}

/** Each node has its own random stream, so changing one node doesn't affect the others. */
export function planRun(workflow: WorkflowDefinition, inputs: JsonObject, seed: string, steering: Steering): RunPlan {
  const nodes = new Map<string, PlannedNode>();
  for (const node of workflow.nodes) {
    nodes.set(node.id, planNode(node, inputs, seed, steering));
  }
  return { nodes, cancelAfterMs: steering.cancelAfterMs ?? null };
}

function planNode(planned: WorkflowNode, inputs: JsonObject, seed: string, steering: Steering): PlannedNode {
  const mishap = steering.mishapOf?.(planned) ?? planned.mishap;
  const node = mishap ? { ...planned, mishap } : planned;
  const random = createRandom(seed, node.id);
  const drawn = outcomeByChance(node.mishap, random);
  const outcome = steering.outcomeOf?.(node) ?? drawn;
  const slowness = steering.slownessOf?.(node.id) ?? 1;
  const errorOf = ({ error }: Mishap): string =>
    typeof error === 'string' ? error : error(createRandom(seed, node.id, 'mishap'));

  const execute = (attempt: number, failure: Mishap | null): PlannedExecution => ({
    stepId: random.uuid(),
    attempt,
    delayMs: drawMs(random, attempt === 1 ? DISPATCH_MS : RETRY_WAIT_MS),
    durationMs: drawMs(random, [node.seconds[0] * 1000 * slowness, node.seconds[1] * 1000 * slowness]),
    error: failure && errorOf(failure),
    hasOutputs: failure?.answersAnyway ?? failure === null,
  });

  const branch = node.type === 'conditional' ? branchOf(node, inputs, random, steering.branchOf?.(node.id)) : null;
  const isWait = steering.waits === true && 'asks' in node;
  if (outcome === 'retry' && node.mishap)
    return { executions: [execute(1, node.mishap), execute(2, null)], branch, isWait };
  const [first, ...more] =
    outcome === 'failure' && node.mishap
      ? attemptsThatFail(node.mishap, execute)
      : Array.from({ length: random.integer(...(node.iterations ?? [1, 1])) }, () => execute(1, null));
  return { executions: [first ?? execute(1, null), ...more], branch, isWait };
}

function attemptsThatFail(
  mishap: Mishap,
  execute: (attempt: number, failure: Mishap) => PlannedExecution,
): PlannedExecution[] {
  return Array.from({ length: mishap.attempts ?? 1 }, (_, index) => execute(index + 1, mishap));
}

function outcomeByChance(mishap: Mishap | undefined, random: Random): StepOutcome {
  if (!mishap || !random.chance(mishap.chance)) return 'success';
  return mishap.kind === 'transient' ? 'retry' : 'failure';
}

function branchOf(node: ConditionNode, inputs: JsonObject, random: Random, wanted?: string): string {
  const names = Object.keys(node.branches);
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  return node.branchFor?.(inputs) ?? names[random.integer(0, names.length - 1)] ?? '';
}

/** Rounds to microseconds, the precision of the API. */
const drawMs = (random: Random, [min, max]: Range): number => Math.round(random.between(min, max) * 1000) / 1000;
