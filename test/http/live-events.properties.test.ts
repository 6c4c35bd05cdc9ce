/** Subscribers come and go, and the upstream changes and fails at random: nothing is lost, repeated or out of order. */
import { afterEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { startGateway } from '../harness/gateway.ts';
import { type Frame, openStream, type StreamClient } from '../harness/live-client.ts';
import { type Reply, startUpstream } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep } from '../harness/wire.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const TTL_MS = 1000;
/** Longer than the slowest interval. */
const LONG_MS = 6000;
const KEY = 'key-1';
/** A 429 does not open the circuit breaker, which runs on the machine's clock. */
const OUTAGE: Reply = { status: 429, headers: { 'retry-after': '100' } };
const WORDS = ['running', 'failed', 'completed'];
const NODES = ['a', 'a', 'b', 'c'];
const MAX_READERS = 5;

interface Reader {
  readonly client: StreamClient;
  readonly first: Frame;
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close();
});

async function startScene(environment: Readonly<Record<string, string>> = {}) {
  const clock = createManualClock();
  const upstream = await startUpstream();
  const gateway = await startGateway({ upstream, env: { LIVE_TTL_MS: String(TTL_MS), ...environment }, clock });
  opened.push(upstream, gateway);
  return {
    clock,
    upstream,
    open: (query: string) => openStream(gateway.url, { query }, KEY),
    /** Advances the clock, and waits until this many pollers have their answers and their events are sent. */
    pass: async (ms: number, pollers: number): Promise<void> => {
      clock.advance(ms);
      await clock.timers(pollers + 1);
      // Operations of one owner take turns in order: an event is executed in one, and sent to each subscriber in another.
      for (let turn = 0; turn < 3; turn += 1) await gateway.query('{ __typename }', { key: KEY });
      await clock.timers(pollers + 1);
    },
  };
}

type Common =
  | { readonly kind: 'JOIN' | 'FAULT' | 'MEND' }
  | { readonly kind: 'LEAVE'; readonly which: number }
  | { readonly kind: 'PASS'; readonly ms: number };

const common = [
  { weight: 3, arbitrary: fc.constant({ kind: 'JOIN' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('LEAVE' as const), which: fc.nat(MAX_READERS) }) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'FAULT' } as const, { kind: 'MEND' } as const) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('PASS' as const), ms: fc.integer({ min: 1, max: 4000 }) }) },
];

interface SeenStep {
  readonly id: string;
  readonly status: string;
  readonly outputs: unknown;
  readonly attempt: number;
  readonly attemptCount: number;
}

interface SeenUpdate {
  readonly run: {
    readonly outputs: number;
    readonly stepCounts: { readonly total: number } | null;
    readonly freshness: { readonly isStale: boolean };
  };
  readonly changedSteps: readonly SeenStep[] | null;
}

type RunCommand =
  Common | { readonly kind: 'STEPS_FAULT' | 'SHUFFLE' } | { readonly kind: 'CHANGE' | 'ADD'; readonly which: number };

const runCommand = fc.oneof<fc.WeightedArbitrary<RunCommand>[]>(
  ...common,
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('CHANGE' as const, 'ADD' as const), which: fc.nat(11) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'STEPS_FAULT' } as const, { kind: 'SHUFFLE' } as const) },
);

const STEP = '{ id status outputs attempt attemptCount }';
const watchOf = (id: string) =>
  `subscription { runUpdated(workflowId: "wf", id: "${id}") { run { outputs stepCounts { total } freshness { isStale } } changedSteps ${STEP} } }`;
const readOf = (id: string) => `{ run(workflowId: "wf", id: "${id}") { steps ${STEP} } }`;

it('sends a subscriber all states in order, with all changed steps', async () => {
  const { clock, upstream, open, pass } = await startScene({ STALE_IF_ERROR_MS: '0' });
  let runs = 0;
  let events = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(runCommand, { maxLength: 40, size: 'max' }), async (commands) => {
      const id = `r${(runs += 1)}`;
      let steps: Wire[] = [wireStep({ id: 's0', node_id: 'a', status: 'running', end_time: null, outputs: 0 })];
      let version = 1;
      let isOver = false;
      let failing: 'NOTHING' | 'STEPS' | 'ALL' = 'NOTHING';
      const readers: Reader[] = [];
      const polls: number[] = [];
      upstream.script = ({ endpoint }) => {
        if (endpoint === 'run') polls.push(clock.now());
        if (failing === 'ALL' || (failing === 'STEPS' && endpoint === 'steps')) return OUTAGE;
        if (endpoint === 'steps') return { json: steps };
        const status = isOver ? { status: 'completed' } : { status: 'running', end_time: null };
        return { json: [wireRun(id, { ...status, outputs: version })] };
      };

      const pollers = () => (readers.length > 0 ? 1 : 0);

      async function join(): Promise<void> {
        const client = await open(watchOf(id));
        const first = await client.next();
        // In an outage the first frame is the error that ends the subscription.
        if (first.type === 'next') readers.push({ client, first });
        await clock.timers(pollers() + 1);
      }

      async function run(command: RunCommand): Promise<void> {
        if (command.kind === 'JOIN' && readers.length < MAX_READERS) await join();
        else if (command.kind === 'LEAVE') {
          readers.splice(command.which, 1)[0]?.client.leave();
          await clock.timers(pollers() + 1);
        } else if (command.kind === 'FAULT') failing = 'ALL';
        else if (command.kind === 'STEPS_FAULT') failing = 'STEPS';
        else if (command.kind === 'MEND') failing = 'NOTHING';
        else if (command.kind === 'SHUFFLE') steps = steps.toReversed();
        else if (command.kind === 'PASS') await pass(command.ms, pollers());
        else if (command.kind === 'CHANGE') {
          version += 1;
          const index = command.which % steps.length;
          const status = WORDS[command.which % 3];
          steps = steps.with(index, { ...steps[index], status, outputs: version });
        } else if (command.kind === 'ADD') {
          version += 1;
          const [number, node_id] = [steps.length, NODES[command.which % NODES.length]];
          const start_time = new Date(Date.parse('2026-01-01T00:00:00Z') + number * 1000).toISOString();
          steps = [
            ...steps,
            wireStep({ id: `s${number}`, node_id, status: 'running', start_time, end_time: null, outputs: 0 }),
          ];
        }
      }

      for (const command of commands) await run(command);
      // At the end the upstream has recovered, and the run continues once more before it is over.
      failing = 'NOTHING';
      await pass(LONG_MS, pollers());
      version += 1;
      await pass(LONG_MS, pollers());
      const present = readers.length > 0 ? await stepsNow(id) : [];
      isOver = true;
      version += 1;
      if (readers.length > 0) await pass(LONG_MS, 0);

      for (const reader of readers) {
        const seen = await readToEnd(reader);
        events += seen.length;
        const known = new Map(seen.flatMap(({ changedSteps }) => changedSteps ?? []).map((step) => [step.id, step]));
        expect([...known.values()].sort(byId)).toEqual(present);
        const versions = seen.map(({ run }) => run.outputs);
        expect(versions).toEqual([...versions].sort((one, another) => one - another));
        expect(versions.at(-1)).toBe(version);
        for (const [index, event] of seen.entries()) if (index > 0) expect(event).not.toEqual(seen[index - 1]);
        expect(seen.slice(-2).map(({ run }) => run.freshness.isStale)).toEqual([false, false]);
      }
      const gaps = polls.slice(1).map((atMs, index) => atMs - (polls[index] ?? 0));
      const canFail = commands.some(({ kind }) => kind === 'FAULT' || kind === 'STEPS_FAULT');
      if (!canFail) expect(Math.min(TTL_MS, ...gaps)).toBe(TTL_MS);
    }),
    { numRuns: 30 },
  );
  expect(events).toBeGreaterThan(100);

  async function stepsNow(id: string): Promise<SeenStep[]> {
    const client = await open(readOf(id));
    const { run } = (await client.nextData()) as unknown as {
      readonly run: { readonly steps: readonly SeenStep[] };
    };
    return run.steps.toSorted(byId);
  }
});

const byId = (one: SeenStep, another: SeenStep): number => one.id.localeCompare(another.id);

/** The events of a stream that has completed or must complete now. */
async function readToEnd({ client, first }: Reader): Promise<SeenUpdate[]> {
  const seen: SeenUpdate[] = [];
  for (let frame = first; frame.type !== 'complete'; frame = await client.next()) {
    if (frame.type !== 'next') throw new Error(`expected an event, got ${JSON.stringify(frame)}`);
    seen.push((frame.payload.data as unknown as { readonly runUpdated: SeenUpdate }).runUpdated);
  }
  return seen;
}

type RunsCommand =
  | Common
  | { readonly kind: 'START'; readonly count: number; readonly isOpen: boolean }
  | { readonly kind: 'END'; readonly which: number };

const runsCommand = fc.oneof<fc.WeightedArbitrary<RunsCommand>[]>(
  ...common,
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('START' as const),
      count: fc.constantFrom(1, 2, 30),
      isOpen: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('END' as const), which: fc.nat(200) }) },
);

const runsOf = (workflowId: string) =>
  `subscription { runsUpdated(workflowIds: ["${workflowId}"]) { runs { id status } } }`;
const MARKER = 'marker';

interface SeenRuns {
  readonly runsUpdated: { readonly runs: readonly { readonly id: string; readonly status: string }[] };
}

it('sends a subscriber each new or changed run in its last state', async () => {
  const { clock, upstream, open, pass } = await startScene();
  let scenes = 0;
  let events = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(runsCommand, { maxLength: 40, size: 'max' }), async (commands) => {
      const workflowId = `wf${(scenes += 1)}`;
      const workflows = createScriptedWorkflows([workflowId]);
      const statuses = new Map<string, string>();
      upstream.script = workflows.script;
      /** Each with the runs that existed when it subscribed. */
      const readers: (Reader & { readonly before: ReadonlySet<string> })[] = [];
      const pollers = () => (readers.length > 0 ? 1 : 0);

      function start(id: string, status: string): void {
        workflows.start(workflowId, id, { status });
        statuses.set(id, status);
      }

      async function run(command: RunsCommand): Promise<void> {
        if (command.kind === 'JOIN' && readers.length < MAX_READERS) {
          const before = new Set(statuses.keys());
          const client = await open(runsOf(workflowId));
          const first = await client.next();
          // In an outage the first frame has an error, and the existing runs come after the outage.
          if (first.type === 'next' && !first.payload.errors) readers.push({ client, first, before });
          else client.leave();
          await clock.timers(pollers() + 1);
        } else if (command.kind === 'LEAVE') {
          readers.splice(command.which, 1)[0]?.client.leave();
          await clock.timers(pollers() + 1);
        } else if (command.kind === 'FAULT') upstream.script = () => OUTAGE;
        else if (command.kind === 'MEND') upstream.script = workflows.script;
        else if (command.kind === 'PASS') await pass(command.ms, pollers());
        else if (command.kind === 'START' && statuses.size < 300) {
          for (let count = 0; count < command.count; count += 1) {
            start(`r${statuses.size}`, command.isOpen ? 'running' : 'completed');
          }
        } else if (command.kind === 'END') {
          const running = [...statuses].filter(([, status]) => status === 'running');
          const [id] = running[command.which % Math.max(1, running.length)] ?? [];
          if (id === undefined) return;
          workflows.change(id, { status: 'completed' });
          statuses.set(id, 'completed');
        }
      }

      for (const command of commands) await run(command);
      upstream.script = workflows.script;
      await pass(LONG_MS, pollers());
      start(MARKER, 'running');
      await pass(LONG_MS, pollers());
      for (const { client, first, before } of readers) {
        const known = new Map<string, string>();
        for (let frame = first; ; frame = await client.next()) {
          if (frame.type !== 'next') throw new Error(`expected an event, got ${JSON.stringify(frame)}`);
          events += 1;
          const { runsUpdated } = frame.payload.data as unknown as SeenRuns;
          for (const { id, status } of runsUpdated.runs) known.set(id, status.toLowerCase());
          if (known.has(MARKER)) break;
        }
        for (const [id, status] of statuses) {
          if (known.has(id)) expect([id, known.get(id)]).toEqual([id, status]);
          // A run without an event was old and had ended when its subscriber came.
          else expect([id, before.has(id), status]).toEqual([id, true, 'completed']);
        }
        client.leave();
      }
      await clock.timers(1);
    }),
    { numRuns: 30 },
  );
  expect(events).toBeGreaterThan(100);
});
