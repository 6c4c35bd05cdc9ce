/** The workflows and runs of each organization. All access goes through an organization, found by its key. */
import type { JsonObject, WorkflowDefinition } from './definition.ts';
import { startRun, type Run, type StartedRun } from './engine.ts';
import { createHistory } from './history.ts';
import { planRun, steeringOf } from './plan.ts';
import { createRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { WORKFLOWS, type OrganizationId } from './workflows.ts';

/** The owner of each bearer key. */
export const API_KEYS: ReadonlyMap<string, { readonly organizationId: OrganizationId; readonly userId: string }> =
  new Map([
    ['demo-key', { organizationId: 'demo', userId: 'user-ada' }],
    ['other-key', { organizationId: 'other', userId: 'user-barbara' }],
  ]);

const MAX_STARTED_RUNS = 1000;
/** Limit of the inputs of all started runs, as JSON. Parsed, they may take seventeen times as much. */
const MAX_INPUT_CHARACTERS = 4 * 2 ** 20;

export interface StoreOptions {
  readonly seed: number;
  readonly pace: number;
  readonly scheduler: Scheduler;
  readonly hasIncident: boolean;
}

export interface Organization {
  readonly id: OrganizationId;
  readonly workflows: readonly WorkflowDefinition[];
  workflow(workflowId: string): WorkflowDefinition | undefined;
  /** Newest first. */
  runs(workflow: WorkflowDefinition): Run[];
  run(workflow: WorkflowDefinition, runId: string): Run | undefined;
  execute(workflow: WorkflowDefinition, inputs: JsonObject, userId: string): Run;
  /** What can be done with a run. */
  actionsOn(run: Run): Pick<StartedRun, 'cancel' | 'resume'>;
  close(): void;
}

interface KnownRun extends StartedRun {
  readonly inputCharacters: number;
}

export interface Store {
  organization(id: OrganizationId): Organization;
  close(): void;
}

export function createStore(options: StoreOptions): Store {
  const organizations = { demo: createOrganization('demo', options), other: createOrganization('other', options) };
  return {
    organization: (id) => organizations[id],
    close: () => {
      organizations.demo.close();
      organizations.other.close();
    },
  };
}

function createOrganization(id: OrganizationId, { seed, pace, scheduler, hasIncident }: StoreOptions): Organization {
  const workflows = new Map(WORKFLOWS[id].map((workflow) => [workflow.id, workflow]));
  const history = createHistory(id, seed, scheduler.now(), hasIncident);
  /** By run id, oldest first. */
  const started = new Map<string, KnownRun>();
  // The clock is part of the seed: run ids must not repeat after a restart, because a gateway may have cached the first
  // ones.
  const liveRandom = createRandom(seed, id, 'live', scheduler.now());

  return {
    id,
    workflows: [...workflows.values()],
    workflow: (workflowId) => workflows.get(workflowId),
    runs: (workflow) =>
      [...history.runsAt(scheduler.now()).values(), ...started.values()]
        .map(({ run }) => run)
        .filter((run) => run.workflow === workflow)
        .reverse()
        .sort((one, another) => another.startMicros - one.startMicros),
    run: (workflow, runId) => {
      const known = history.runsAt(scheduler.now()).get(runId) ?? started.get(runId);
      return known?.run.workflow === workflow ? known.run : undefined;
    },
    execute: (workflow, inputs, userId) => {
      const runId = liveRandom.uuid();
      const plan = planRun(workflow, inputs, runId, steeringOf(inputs));
      const startedRun = startRun({ runId, workflow, plan, userId, inputs, scheduler, pace });
      started.set(runId, { ...startedRun, inputCharacters: JSON.stringify(inputs).length });
      dropOldest(started);
      return startedRun.run;
    },
    actionsOn: ({ id }) => {
      const known = history.runsAt(scheduler.now()).get(id) ?? started.get(id);
      return known ?? { cancel: () => false, resume: () => false };
    },
    close: () => {
      for (const run of started.values()) run.stop();
    },
  };
}

function dropOldest(started: Map<string, KnownRun>): void {
  let characters = started.values().reduce((sum, run) => sum + run.inputCharacters, 0);
  for (const [runId, run] of started) {
    if (started.size <= MAX_STARTED_RUNS && characters <= MAX_INPUT_CHARACTERS) return;
    run.stop();
    started.delete(runId);
    characters -= run.inputCharacters;
  }
}
