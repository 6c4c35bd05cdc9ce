/** A gateway with a manual clock over a scripted upstream, and upstream calls that the test answers one by one. */
import type { Overrides } from '../../src/gateway.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import { startUpstream, type Call, type ScriptedUpstream, type Reply, type Script } from './upstream.ts';
import { startGateway, type QueryOptions, type TestGateway } from './gateway.ts';
import { codesOf } from './operations.ts';

export interface RunsScene {
  readonly clock: ManualClock;
  readonly upstream: ScriptedUpstream;
  readonly gateway: TestGateway;
  /** Starts another gateway over the same upstream. */
  restart(environment: Readonly<Record<string, string>>, overrides?: Overrides): Promise<void>;
  /** The data of an answer, which must have no errors. */
  data(document: string, options?: QueryOptions): Promise<unknown>;
  /** The codes of the errors of an answer. */
  codes(document: string, options?: QueryOptions): Promise<readonly string[]>;
  /** The number of upstream calls that the action causes. */
  callsOf(action: () => unknown): Promise<number>;
  /** Resolves when all requests sent before have reached the upstream or wait in the gateway. */
  taken(): Promise<void>;
  /** Each upstream call waits from now on until the test answers it. */
  hold(): HeldCalls;
  close(): Promise<void>;
}

export interface HeldCall extends Call {
  /** Answers with a reply, or by a script. */
  answer(reply: Reply | Script): void;
}

export interface HeldCalls {
  /** The waiting calls, in order of arrival. */
  readonly waiting: readonly HeldCall[];
  /** The next call that the test has not taken. */
  next(): Promise<HeldCall>;
}

export async function startRunsScene(
  environment: Readonly<Record<string, string>> = {},
  script?: Script,
): Promise<RunsScene> {
  const clock = createManualClock();
  const upstream = await startUpstream(script);
  const start = (settings: Readonly<Record<string, string>>, overrides: Overrides = {}) =>
    startGateway({ UPSTREAM_URL: upstream.url, ...settings }, { now: clock.now, ...overrides });
  let gateway = await start(environment);

  return {
    clock,
    upstream,
    get gateway() {
      return gateway;
    },
    async restart(settings, overrides) {
      await gateway.close();
      gateway = await start(settings, overrides);
    },
    async data(document, options) {
      const { data, errors } = await gateway.query(document, options);
      if (errors.length > 0) throw new Error(`expected no errors, got ${JSON.stringify(errors)}`);
      return data;
    },
    codes: async (document, options) => codesOf(await gateway.query(document, options)),
    async callsOf(action) {
      const before = upstream.calls.length;
      await action();
      return upstream.calls.length - before;
    },
    async taken() {
      // Operations of one owner take turns in the order of their arrival.
      for (let time = 0; time < 2; time += 1) {
        await Promise.all(['key-1', 'another'].map((key) => gateway.query('{ __typename }', { key })));
      }
    },
    hold: () => holdCalls(upstream),
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}

function holdCalls(upstream: ScriptedUpstream): HeldCalls {
  const waiting: HeldCall[] = [];
  const untaken: HeldCall[] = [];
  const takers: ((call: HeldCall) => void)[] = [];
  upstream.script = (call) => {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const held: HeldCall = {
      ...call,
      answer(reply) {
        waiting.splice(waiting.indexOf(held), 1);
        resolve(typeof reply === 'function' ? reply(call) : reply);
      },
    };
    waiting.push(held);
    const taker = takers.shift();
    if (taker) taker(held);
    else untaken.push(held);
    return promise;
  };
  return {
    waiting,
    next: () => {
      const call = untaken.shift();
      return call ? Promise.resolve(call) : new Promise((resolve) => takers.push(resolve));
    },
  };
}
