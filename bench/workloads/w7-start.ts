/** W7: time from the start to the first answered query, with sample data, and memory at rest: `npm start`, and as in the image. */
import { CHECKOUT, STEPGATE_MAIN } from '../contenders.ts';
import { send } from '../http.ts';
import { commandLine, processTree, rssMb, sleep, start, urlOf } from '../processes.ts';
import { atMost, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import type { Bench } from '../rounds.ts';

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
  return {
    id: 'W7',
    title: 'start',
    reference: '–',
    rows: [
      toRow('Stepgate, npm start', npm, { seconds: 1.2, mb: 150 }),
      toRow('Stepgate, as in the image', compiled, { seconds: 0.6, mb: 130 }),
    ],
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

function toRow(contender: string, starts: readonly Start[], most: { seconds: number; mb: number }): Row {
  const ms = median(starts.map((one) => one.ms));
  const restMb = restOf(starts);
  const targets = [
    atMost(`${contender}: start`, ms / 1000, most.seconds, 's'),
    ...(restMb === null ? [] : [atMost('RSS at rest', restMb, most.mb, 'MB')]),
  ];
  return { contender, p50Ms: ms, peakRssMb: restMb, targets };
}
