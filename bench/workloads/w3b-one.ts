/** W3b: one client and one run after another, none of them cached, with an upstream that takes 5 ms. */
import { Agent } from 'node:http';
import {
  apolloPlain,
  bareScript,
  mercuriusPlain,
  stepgate,
  withContenders,
  type StartedContender,
} from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { ask, checkSameAnswers, runsBody } from '../queries.ts';
import { atMost, promise, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import { percentile, type Bench } from '../rounds.ts';

const DELAY_MS = 5;
const RUNS_A_ROUND = 300;
const WARMUPS = 200;
const CONTENDERS = [stepgate, bareScript, mercuriusPlain, apolloPlain];
/** Time that Stepgate may add to the bare script's. */
const MAX_ADDED_MS = 0.8;

export async function w3bOne(bench: Bench): Promise<WorkloadResult> {
  const { fixture, settings, say } = bench;
  const rounds = settings.isShortened ? 1 : settings.rounds + 2;
  const times = new Map<string, number[]>(CONTENDERS.map(({ name }) => [name, []]));
  let calls = 0;
  let fresh = 0;

  async function askEach({ name, url }: StartedContender, runs: number): Promise<number[]> {
    const agent = new Agent({ keepAlive: true });
    const taken: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      const { ms, status, text } = await ask(url, runsBody([runIdOf(ORDINARY, `one-${(fresh += 1)}`)]), agent);
      if (status !== 200 || text.includes('"errors"'))
        throw new Error(`${name} answered ${status}: ${text.slice(0, 300)}`);
      taken.push(ms);
    }
    agent.destroy();
    return taken;
  }

  await fixture.set({ delayMs: DELAY_MS });
  try {
    await withContenders(CONTENDERS, { upstreamUrl: fixture.url }, async (started) => {
      const comparable = started.filter(({ name }) => name !== bareScript.name);
      await checkSameAnswers(comparable, runsBody([runIdOf(ORDINARY, 'one')]));
      for (const one of started) await askEach(one, WARMUPS);
      for (let round = 0; round < rounds; round += 1) {
        say(`round ${round + 1} of ${rounds}`);
        const turn = round % started.length;
        for (const one of [...started.slice(turn), ...started.slice(0, turn)]) {
          await fixture.reset();
          times.get(one.name)?.push(...(await askEach(one, RUNS_A_ROUND)));
          if (one.name === stepgate.name) calls += (await fixture.calls()).steps;
        }
      }
    });
  } finally {
    await fixture.set({ delayMs: 0 });
  }
  const of = ({ name }: { readonly name: string }): number[] => times.get(name) ?? [];
  const bareP50 = median(of(bareScript));
  return {
    id: 'W3b',
    title: 'cold, one run',
    reference: bareScript.name,
    rows: CONTENDERS.map((contender): Row => {
      const [p50, p99] = [median(of(contender)), percentile(of(contender), 0.99)];
      const row = { contender: contender.name, p50Ms: p50, p99Ms: p99, ratio: p50 / bareP50 };
      if (contender !== stepgate) return row;
      const once = { text: 'one call a run (calls beyond)', value: calls - of(stepgate).length };
      return {
        ...row,
        upstreamCalls: calls,
        targets: [
          promise({ ...once, isReached: once.value === 0 }),
          atMost("p50 beyond the bare script's", p50 - bareP50, MAX_ADDED_MS, 'ms'),
          atMost('p99', p99 / p50, 2, '× p50'),
        ],
      };
    }),
    notes: [`one client over one connection; the upstream takes ${DELAY_MS} ms`],
  };
}
