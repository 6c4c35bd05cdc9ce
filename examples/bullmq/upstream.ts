/** BullMQ flows behind the schema of Stepgate: workflow = flow, run = its root job, steps = its jobs with their attempts. */
import { FlowProducer, Queue, type FlowJob, type Job, type JobNode, type JobType } from 'bullmq';
import { Redis } from 'ioredis';
import {
  UpstreamError,
  type JsonObject,
  type Upstream,
  type UpstreamRun,
  type UpstreamStep,
  type UpstreamWorkflow,
} from 'stepgate';

/** Words of BullMQ that the gateway does not know. */
export const STATUS_WORDS = {
  active: 'RUNNING',
  'waiting-children': 'PENDING',
  delayed: 'PENDING',
  prioritized: 'PENDING',
} as const;

/** Each flow has its own queue for its root jobs, named like the flow. Names of its jobs are unique. */
export interface Flow {
  readonly name: string;
  readonly description: string;
  readonly children: readonly Node[];
}

/** A job of a flow. Its children run before it. */
export interface Node {
  readonly name: string;
  readonly queueName: string;
  readonly attempts?: number;
  readonly children?: readonly Node[];
}

export interface BullmqUpstreamOptions {
  /** URL of Valkey or Redis. */
  readonly url: string;
  readonly flows: readonly Flow[];
  /** Keys of clients. */
  readonly keys: ReadonlySet<string>;
}

export interface BullmqUpstream extends Upstream {
  close(): Promise<void>;
}

const STATES: JobType[] = ['active', 'completed', 'delayed', 'failed', 'prioritized', 'waiting', 'waiting-children'];
/** BullMQ doesn't list a queue's jobs by time: they are sorted here. */
const MAX_RUNS = 1000;
/** Finished runs that BullMQ keeps for each flow. */
const KEPT = { count: MAX_RUNS };
const MAX_JOBS = 1000;
/** Between the clocks of a producer and Valkey. */
const MAX_SKEW_MS = 60_000;

interface Times {
  readonly start: number;
  end?: number;
}

export function createBullmqUpstream({ url, flows, keys }: BullmqUpstreamOptions): BullmqUpstream {
  const connection = { url };
  const redis = new Redis(url);
  const producer = new FlowProducer({ connection });
  const queues = new Map(flows.map(({ name }) => [name, new Queue(name, { connection })]));

  function queueOf(workflowId: string, { credential }: { readonly credential: string }): Queue {
    checkKey(credential);
    const queue = queues.get(workflowId);
    if (!queue) throw new UpstreamError(404);
    return queue;
  }

  function checkKey(credential: string): void {
    if (!keys.has(credential)) throw new UpstreamError(401);
  }

  /** Times of a job's attempts. BullMQ has them only in the latest 10,000 events of the queue. */
  async function timesOf(job: Job): Promise<readonly Times[]> {
    const events = await redis.xrange(`${job.queueQualifiedName}:events`, job.timestamp - MAX_SKEW_MS, '+');
    const times: Times[] = [];
    for (const [id, fields] of events) {
      if (fields[fields.indexOf('jobId') + 1] !== job.id) continue;
      const ms = parseInt(id, 10);
      const last = times.at(-1);
      if (fields[1] === 'active') times.push({ start: ms });
      else if (last) last.end ??= ms;
    }
    return times;
  }

  async function stepsOf(job: Job): Promise<UpstreamStep[]> {
    const status = await statusOf(job);
    const errors = (job.stacktrace ?? []).map((stack) => stack.split('\n', 1)[0]);
    const earlier = status === 'failed' ? errors.slice(0, -1) : errors;
    const times = earlier.length > 0 ? await timesOf(job) : [];
    const hasStarted = ['active', 'completed', 'failed'].includes(status);
    const step = (attempt: number) => ({
      id: `${String(job.id)}:${attempt}`,
      node_id: job.name,
      attempt,
      inputs: job.data as unknown,
      step_metadata: { queue: job.queueName },
    });
    return [
      ...earlier.flatMap((error, index) => {
        const { start, end } = times[index] ?? {};
        // Without its times, an attempt would count as the latest.
        if (start === undefined) return [];
        return { ...step(index + 1), status: 'failed', start_time: timeOf(start), end_time: timeOf(end), error };
      }),
      {
        ...step(earlier.length + 1),
        status,
        start_time: hasStarted ? timeOf(job.processedOn) : null,
        end_time: timeOf(job.finishedOn),
        error: status === 'failed' ? job.failedReason : null,
        outputs: job.returnvalue as unknown,
      },
    ];
  }

  return {
    name: 'bullmq',

    async steps({ workflowId, runId }, call) {
      queueOf(workflowId, call);
      const tree = (await producer.getFlow({
        queueName: workflowId,
        id: runId,
        depth: MAX_JOBS,
        maxChildren: MAX_JOBS,
      })) as JobNode | undefined;
      if (!tree) throw new UpstreamError(404);
      const steps = await Promise.all(jobsOf(tree).map(stepsOf));
      return steps.flat();
    },

    async run({ workflowId, runId }, call) {
      const job = (await queueOf(workflowId, call).getJob(runId)) as Job | undefined;
      if (!job) throw new UpstreamError(404);
      return [await recordOf(job)];
    },

    async runs({ workflowId, offset, limit }, call) {
      const jobs = (await queueOf(workflowId, call).getJobs(STATES, 0, MAX_RUNS - 1)) as Job[];
      const newestFirst = jobs.sort((a, b) => b.timestamp - a.timestamp);
      return Promise.all(newestFirst.slice(offset, offset + limit).map(recordOf));
    },

    async workflows({ credential }) {
      checkKey(credential);
      return Promise.resolve(flows.map(workflowOf));
    },

    async execute({ workflowId, inputs }, call) {
      queueOf(workflowId, call);
      const flow = flows.find(({ name }) => name === workflowId);
      if (!flow) throw new UpstreamError(404);
      const { job } = await producer.add(jobOf({ ...flow, queueName: flow.name }, inputs, true));
      return { run_id: String(job.id), message: 'Flow added' };
    },

    async cancelRun({ workflowId, runId }, call) {
      const job = (await queueOf(workflowId, call).getJob(runId)) as Job | undefined;
      if (!job) throw new UpstreamError(404);
      if (job.finishedOn !== undefined) throw new UpstreamError(409, 'The run is over');
      try {
        await job.remove({ removeChildren: true });
      } catch (error) {
        // A worker holds the lock of one of its jobs.
        if (!(error instanceof Error && error.message.includes('locked'))) throw error;
        throw new UpstreamError(409, 'A job of this run is active, and only waiting jobs can be cancelled', {
          cause: error,
        });
      }
      return { message: 'Flow removed' };
    },

    async close() {
      await Promise.all([producer, ...queues.values()].map((each) => each.close()));
      redis.disconnect();
    },
  };
}

function jobOf({ name, queueName, attempts = 1, children = [] }: Node, inputs: JsonObject, isRoot = false): FlowJob {
  return {
    name,
    queueName,
    data: inputs,
    // A failed child fails its flow; otherwise its parent would wait for ever.
    opts: { attempts, removeOnComplete: KEPT, removeOnFail: KEPT, ...(!isRoot && { failParentOnFailure: true }) },
    children: children.map((child) => jobOf(child, inputs)),
  };
}

const jobsOf = ({ job, children = [] }: JobNode): Job[] => [...children.flatMap(jobsOf), job];

/** The job was read before its state: without the end of a job that is over, its result would be missing for good. */
async function statusOf(job: Job): Promise<string> {
  const state = await job.getState();
  return ['completed', 'failed'].includes(state) && job.finishedOn === undefined ? 'active' : state;
}

const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** A flow runs while its children do: its root job waits for them. */
async function recordOf(job: Job): Promise<UpstreamRun> {
  const state = await statusOf(job);
  return {
    id: String(job.id),
    status: state === 'waiting-children' ? 'active' : state,
    start_time: timeOf(job.timestamp),
    end_time: timeOf(job.finishedOn),
    error: state === 'failed' ? job.failedReason : null,
    outputs: job.returnvalue as unknown,
    inputs: job.data as unknown,
  };
}

function workflowOf({ name, description, children }: Flow): UpstreamWorkflow {
  const edges: [string, string][] = [[name, 'END']];
  const nodes: Record<string, { type: string }> = { [name]: { type: 'flow' } };
  const add = (all: readonly Node[], parent: string) => {
    for (const node of all) {
      nodes[node.name] = { type: node.queueName };
      edges.push([node.name, parent]);
      if (node.children?.length) add(node.children, node.name);
      else edges.push(['START', node.name]);
    }
  };
  add(children, name);
  return { workflow_id: name, name, description, graph: { nodes, edges } };
}
