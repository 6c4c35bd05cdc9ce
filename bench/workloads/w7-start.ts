/** W7: time from `npm start` to the first answered query, with sample data, and memory at rest. */
import { CHECKOUT, STEPGATE_MAIN } from '../contenders.ts';
import { send } from '../http.ts';
import { commandLine, processTree, rssMb, sleep, start, urlOf } from '../processes.ts';
import { atMost, type Row, type WorkloadResult } from '../report.ts';
import { median, type Bench } from '../rounds.ts';

const SETTLE_MS = 3000;
const QUERY = '{ run(workflowId: "support-triage", id: "run-4711") { status totalElapsedTime } }';

interface Start {
  readonly ms: number;
  readonly restMb: number | null;
}

export async function w7Start(bench: Bench): Promise<WorkloadResult> {
  const npm: Start[] = [];
  const compiled: Start[] = [];
  const rounds = bench.settings.isShortened ? 1 : bench.settings.rounds + 2;
  for (let round = 0; round < rounds; round += 1) {
    bench.say(`start ${round + 1} of ${rounds}`);
    npm.push(await startOnce(['npm', 'start'], 'tools/build/start.ts'));
    compiled.push(await startOnce([process.execPath, STEPGATE_MAIN], 'main.js'));
  }
  const ms = median(npm.map((one) => one.ms));
  const restMb = restOf(npm);
  const row = toStartRow('Stepgate, npm start', npm);
  const targets = [
    atMost('start', ms / 1000, 1.2, 's'),
    ...(restMb === null ? [] : [atMost('RSS at rest', restMb, 130, 'MB')]),
  ];
  return {
    id: 'W7',
    title: 'start',
    reference: '–',
    rows: [{ ...row, targets }, toStartRow('Stepgate, compiled (as in the image)', compiled)],
    notes: ['p50 is from the start of the command to the first answered query; RSS is measured at rest, 3 s later'],
  };
}

async function startOnce(command: readonly string[], program: string): Promise<Start> {
  const path = `${process.execPath.replace(/\/[^/]+$/, '')}:${process.env.PATH ?? ''}`;
  const env = { PORT: '0', LOG_LEVEL: 'info', NODE_ENV: '', UPSTREAM_URL: '', PATH: path };
  const startedAt = performance.now();
  const running = start(command, { core: 0, cwd: CHECKOUT, env });
  try {
    const url = await urlOf(running, command.join(' '));
    const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-key' };
    const { text } = await send(`${url}/graphql`, { headers, body: JSON.stringify({ query: QUERY }) });
    const ms = performance.now() - startedAt;
    if (!text.startsWith('{"data":{"run":{')) throw new Error(`the first query was answered: ${text.slice(0, 300)}`);
    await sleep(SETTLE_MS);
    // npm and its shell are parents of the process to measure.
    const pid = processTree(running.pid).findLast((pid) => commandLine(pid).includes(program)) ?? running.pid;
    return { ms, restMb: rssMb(pid) };
  } finally {
    await running.stop();
  }
}

function restOf(starts: readonly Start[]): number | null {
  const known = starts.map(({ restMb }) => restMb).filter((mb) => mb !== null);
  return known.length > 0 ? median(known) : null;
}

const toStartRow = (contender: string, starts: readonly Start[]): Row => ({
  contender,
  p50Ms: median(starts.map(({ ms }) => ms)),
  peakRssMb: restOf(starts),
});
