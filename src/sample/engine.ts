/** Executes a workflow's graph on any clock: past and started runs come from the same engine. */
import type { Era, Json, JsonObject, WorkflowDefinition } from './definition.ts';
import { createGraphWalk } from './graph-walk.ts';
import type { PlannedExecution, RunPlan } from './plan.ts';
import type { Scheduler } from './scheduler.ts';

export interface Step {
  readonly id: string;
  readonly nodeId: string;
  /** Counts retries, from 1. */
  readonly attempt: number;
  /** The branch that a condition has taken. */
  readonly branch: string | null;
  status: 'running' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'skipped';
  readonly startMicros: number;
  endMicros: number | null;
  error: string | null;
  hasOutputs: boolean;
  /** A person's answer, which becomes its outputs. */
  answer?: Json;
}

export interface Run {
  readonly id: string;
  readonly workflow: WorkflowDefinition;
  readonly userId: string;
  readonly inputs: JsonObject;
  readonly era: Era;
  /** Status as sent: `pending`, `running`, `paused`, `completed`, `failed`, `cancelled`. Other values occur. */
  status: string;
  readonly startMicros: number;
  endMicros: number | null;
  error: string | null;
  /** In order of start. */
  readonly steps: Step[];
}

export interface RunRequest {
  readonly runId: string;
  readonly workflow: WorkflowDefinition;
  readonly plan: RunPlan;
  readonly userId: string;
  readonly inputs: JsonObject;
  readonly era?: Era;
  readonly scheduler: Scheduler;
  /** Speed relative to the plan. */
  readonly pace: number;
}

export interface StartedRun {
  /** Changes as the run progresses. */
  readonly run: Run;
  /** Cancels all timers, so the run stays as it is. */
  stop(): void;
  /** Returns false if the run is over. */
  readonly cancel: (by: string) => boolean;
  /** Returns false if the step isn't waiting. */
  readonly resume: (stepId: string, answer: JsonObject) => boolean;
}

/** Time from the end of the last step to the end of the run. */
const WIND_UP_MS = 40;

/** After a final failure, steps in progress finish, no more steps start, and the run fails. */
export function startRun({ era = 'usual', ...request }: RunRequest): StartedRun {
  const { runId, workflow, plan, userId, inputs, scheduler, pace } = request;
  const nowMicros = (): number => Math.round(scheduler.now() * 1000);
  const run: Run = {
    id: runId,
    workflow,
    userId,
    inputs,
    era,
    status: 'pending',
    startMicros: nowMicros(),
    endMicros: null,
    error: null,
    steps: [],
  };
  const walk = createGraphWalk(workflow);
  const timers = new Set<() => void>();
  let failedNodeId: string | null = null;
  /** What ends each waiting step, by id. */
  const waiting = new Map<string, (answer: JsonObject) => void>();
  let executionsUnderWay = 0;

  function after(ms: number, task: () => void): void {
    const cancelTimer = scheduler.after(ms / pace, () => {
      timers.delete(cancelTimer);
      task();
    });
    timers.add(cancelTimer);
  }

  function stop(): void {
    for (const cancelTimer of timers) cancelTimer();
    timers.clear();
  }

  function execute(nodeId: string, index = 0): void {
    const execution = plan.nodes.get(nodeId)?.executions[index];
    if (!execution) return;
    executionsUnderWay += 1;
    after(execution.delayMs, () => {
      if (failedNodeId !== null) {
        release();
        return;
      }
      const status = plan.nodes.get(nodeId)?.isWait === true ? 'paused' : 'running';
      run.status = status;
      const step = addStep(nodeId, execution, status);
      if (status === 'paused') {
        waiting.set(step.id, (answer) => {
          endWait(step, execution, answer);
        });
      } else {
        after(execution.durationMs, () => {
          endStep(step, execution, index);
        });
      }
    });
  }

  function addStep(
    nodeId: string,
    { stepId, attempt }: PlannedExecution,
    status: 'running' | 'paused' | 'skipped',
  ): Step {
    const startMicros = nowMicros();
    const step: Step = {
      id: stepId,
      nodeId,
      attempt,
      branch: plan.nodes.get(nodeId)?.branch ?? null,
      status,
      startMicros,
      endMicros: status === 'skipped' ? startMicros : null,
      error: null,
      hasOutputs: false,
    };
    run.steps.push(step);
    return step;
  }

  function endStep(step: Step, execution: PlannedExecution, index: number): void {
    step.endMicros = nowMicros();
    step.status = execution.error === null ? 'completed' : 'failed';
    step.error = execution.error;
    step.hasOutputs = execution.hasOutputs;
    if (plan.nodes.get(step.nodeId)?.executions[index + 1]) execute(step.nodeId, index + 1);
    else if (execution.error !== null) failedNodeId ??= step.nodeId;
    else if (failedNodeId === null) goOnAfter(step);
    release();
  }

  function endWait(step: Step, execution: PlannedExecution, answer: JsonObject): void {
    step.answer = answer;
    run.status = 'running';
    const error = answer.approved === false ? 'Not approved' : null;
    endStep(step, { ...execution, error }, 0);
  }

  function goOnAfter(step: Step): void {
    const { toStart, toSkip } = walk.completed(step.nodeId, step.branch);
    for (const nodeId of toSkip) {
      const execution = plan.nodes.get(nodeId)?.executions[0];
      if (execution && workflow.untakenNodesAre === 'skipped') addStep(nodeId, execution, 'skipped');
    }
    for (const nodeId of toStart) execute(nodeId);
  }

  function release(): void {
    executionsUnderWay -= 1;
    if (executionsUnderWay > 0) return;
    after(WIND_UP_MS, () => {
      if (failedNodeId === null) end('completed', null);
      else end('failed', `Node "${failedNodeId}" failed`);
    });
  }

  function end(status: string, error: string | null): void {
    stop();
    run.status = status;
    run.error = error;
    run.endMicros = nowMicros();
  }

  function cancel(by: string): boolean {
    if (run.endMicros !== null) return false;
    waiting.clear();
    end('cancelled', `Cancelled by ${by}`);
    for (const step of run.steps) {
      if (step.status !== 'running' && step.status !== 'paused') continue;
      step.status = 'cancelled';
      step.endMicros = run.endMicros;
    }
    return true;
  }

  function resume(stepId: string, answer: JsonObject): boolean {
    const goOn = waiting.get(stepId);
    if (!goOn) return false;
    waiting.delete(stepId);
    goOn(answer);
    return true;
  }

  execute(workflow.entry);
  if (plan.cancelAfterMs !== null) after(plan.cancelAfterMs, () => cancel(userId));
  return { run, stop, cancel, resume };
}
