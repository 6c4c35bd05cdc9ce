/** The load without wrk: autocannon in its own process. Reads the job as JSON, prints the result as JSON. */
import autocannon, { type Request } from 'autocannon';
import type { LoadJob, LoadResult } from '../load.ts';

const job = JSON.parse(process.argv[2] ?? '') as LoadJob;
const { requests } = job;
let counter = 0;
let errorAnswers = 0;

function nextBody(): string {
  if (requests.kind === 'same') return requests.body;
  const run = (counter * requests.stride) % requests.runs;
  counter += 1;
  const [before, between, after] = requests.bodyParts;
  return `${before}${requests.idPrefix}${run}${between}${requests.probePrefix}${counter}${after}`;
}

const varying = {
  setupRequest: (request: Request): Request => ({ ...request, body: nextBody() }),
};
const checking = {
  onResponse(status: number, body: string) {
    if (status === 200 && !body.includes('"errors"')) return;
    errorAnswers += 1;
    if (errorAnswers <= 3) process.stderr.write(`error answer: ${status} ${body.slice(0, 400)}\n`);
  },
};

const result = await autocannon({
  url: job.url,
  method: 'POST',
  headers: job.headers,
  connections: job.connections,
  duration: job.seconds,
  timeout: 30,
  ...(requests.kind === 'same' && !job.checksAnswers
    ? { body: requests.body }
    : {
        requests: [
          {
            ...(requests.kind === 'same' ? { body: requests.body } : varying),
            ...(job.checksAnswers ? checking : {}),
          },
        ],
      }),
});

const answer: LoadResult = {
  requests: result.requests.total,
  requestsPerSecond: result.requests.total / result.duration,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
  errors: result.errors + result.timeouts + (job.checksAnswers ? errorAnswers : result.non2xx),
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
