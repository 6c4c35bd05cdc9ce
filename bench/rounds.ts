/** Compares contenders: in turns, by their medians. */
import type { Fixture } from './fixture.ts';
import type { StartedContender } from './contenders.ts';
import { load, type LoadOptions, type LoadResult, type SameRequest, type UniqueRequests } from './load.ts';
import { median } from './median.ts';
import { processorMs, untilIdle } from './processes.ts';
import type { Row } from './report.ts';

export interface BenchSettings {
  /** Seconds of load on one contender in one round. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly rounds: number;
  /** Seconds of the memory workload, and of each owner of W11. */
  readonly attackSeconds: number;
  /** Only to show that the bench works: slow setups are also made smaller. */
  readonly isShortened: boolean;
}

export interface Bench {
  readonly settings: BenchSettings;
  readonly fixture: Fixture;
  /** Reports progress. */
  readonly say: (text: string) => void;
}

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN;
};

/** Neighbours of a virtual machine come and go within seconds: many short turns meet them alike. */
const TURN_SECONDS = 1;

/** The results of all turns of one contender. */
export interface Measured extends LoadResult {
  readonly name: string;
  /** Processor time of one request, in microseconds; null if the system does not report it. */
  readonly processorUs: number | null;
  /** The largest value of all turns. */
  readonly peakRssMb: number | null;
  /** Median and maximum of the turns. */
  readonly upstreamCalls: number;
  readonly maxUpstreamCalls: number;
}

type Turn = LoadResult & Pick<Measured, 'processorUs' | 'peakRssMb' | 'upstreamCalls'>;

export interface TurnOptions extends Partial<LoadOptions> {
  readonly requestsFor: (contender: StartedContender) => SameRequest | UniqueRequests;
}

/**
 * Warms up each contender, then lets all take turns of a second, or of `seconds`, each time with another first one, so that neither
 * time nor neighbours favour one. Peak RSS and upstream calls count only in measured turns.
 */
export async function measureInTurns(
  { settings, fixture, say }: Bench,
  contenders: readonly StartedContender[],
  { requestsFor, ...options }: TurnOptions,
): Promise<Measured[]> {
  const loadOptions = { seconds: TURN_SECONDS, ...options };
  const turns = options.seconds === undefined ? settings.rounds * settings.seconds : settings.rounds;
  for (const contender of contenders) {
    say(`warming up ${contender.name}`);
    await load(contender.url, requestsFor(contender), { ...loadOptions, seconds: settings.warmupSeconds });
    await untilIdle(contender.process.pid);
  }
  const taken = new Map<StartedContender, Turn[]>();
  for (let turn = 0; turn < turns; turn += 1) {
    const first = turn % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      await fixture.reset();
      contender.resetPeakRss();
      const { pid } = contender.process;
      const startedMs = processorMs(pid);
      const result = await load(contender.url, requestsFor(contender), loadOptions);
      const perSecond = Math.round(result.requestsPerSecond).toLocaleString('en');
      say(`turn ${turn + 1} of ${turns}: ${contender.name}, ${perSecond} requests/s`);
      await untilIdle(pid);
      const endedMs = processorMs(pid);
      const processorUs =
        startedMs === null || endedMs === null ? null : (1000 * (endedMs - startedMs)) / result.requests;
      const { steps } = await fixture.calls();
      const measured = { ...result, processorUs, peakRssMb: contender.peakRssMb(), upstreamCalls: steps };
      taken.set(contender, [...(taken.get(contender) ?? []), measured]);
    }
  }
  return contenders.map((contender) => {
    const { name } = contender;
    const results = taken.get(contender) ?? [];
    const medianOf = (read: (result: LoadResult) => number) => median(results.map(read));
    const peaks = results.map((result) => result.peakRssMb).filter((peak) => peak !== null);
    const processor = results.map((result) => result.processorUs).filter((micros) => micros !== null);
    return {
      name,
      requests: results.reduce((sum, { requests }) => sum + requests, 0),
      requestsPerSecond: medianOf((result) => result.requestsPerSecond),
      p50Ms: medianOf((result) => result.p50Ms),
      p99Ms: medianOf((result) => result.p99Ms),
      errors: results.reduce((sum, { errors }) => sum + errors, 0),
      processorUs: processor.length > 0 ? median(processor) : null,
      peakRssMb: peaks.length > 0 ? Math.max(...peaks) : null,
      upstreamCalls: median(results.map((result) => result.upstreamCalls)),
      maxUpstreamCalls: Math.max(...results.map((result) => result.upstreamCalls)),
    };
  });
}

export function toRow(measured: Measured, reference: Measured): Row {
  const { name, requests, requestsPerSecond, p50Ms, p99Ms, processorUs, peakRssMb, upstreamCalls, errors } = measured;
  const ratio = requestsPerSecond / reference.requestsPerSecond;
  const problem = requests === 0 ? 'answered nothing' : errors > 0 ? `${errors} errors` : null;
  const times = { requestsPerSecond, p50Ms, p99Ms, processorUs };
  return { contender: name, ...times, peakRssMb, upstreamCalls, ratio, problem };
}

/** Finds a contender's row by name. Throws if it was not measured. */
export function of(measured: readonly Measured[], contender: { readonly name: string }): Measured {
  const found = measured.find(({ name }) => name === contender.name);
  if (!found) throw new Error(`${contender.name} was not measured`);
  return found;
}
