/** Starts a gateway over the flows of a shop, and the workers that run their jobs. */
import { Worker, type Job } from 'bullmq';
import { createServer, optionsFromEnv, type GatewayServer, type Settings } from 'stepgate';
import { createBullmqUpstream, STATUS_WORDS, type Flow } from './upstream.ts';

const FLOWS: readonly Flow[] = [
  {
    name: 'refund',
    description: 'Pays an order back.',
    children: [
      { name: 'pay', queueName: 'payments', attempts: 3, children: [{ name: 'find-order', queueName: 'orders' }] },
      { name: 'notify', queueName: 'mails' },
    ],
  },
];

/** The work of each job, by its name. */
export type Work = Readonly<Record<string, (job: Job) => Promise<unknown>>>;

export interface Shop {
  readonly url: string;
  readonly work: Work;
  readonly settings?: Settings;
}

export type RunningShop = Pick<GatewayServer, 'url' | 'close'>;

export async function startShop({ url, work, settings }: Shop): Promise<RunningShop> {
  const connection = { url };
  const upstream = createBullmqUpstream({ url, flows: FLOWS, keys: new Set(['shop-key']) });
  const process = (job: Job) => work[job.name]?.(job) ?? Promise.resolve(null);
  const workers = ['refund', 'payments', 'orders', 'mails'].map((queue) => new Worker(queue, process, { connection }));
  const gateway = await createServer({ statusWords: STATUS_WORDS, ...settings, upstream });
  return {
    url: gateway.url,
    async close() {
      await gateway.close();
      await Promise.all(workers.map((worker) => worker.close()));
      await upstream.close();
    },
  };
}

/** Each job takes a second; the first payment of an order fails. */
const DEMO: Work = Object.fromEntries(
  ['find-order', 'pay', 'notify', 'refund'].map((name) => [
    name,
    async ({ attemptsMade }) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (name === 'pay' && attemptsMade === 0) throw new Error('Card service unavailable');
      return { done: name };
    },
  ]),
);

if (import.meta.main) {
  const url = process.env.BULLMQ_URL ?? 'redis://127.0.0.1:6379';
  const gateway = await startShop({ url, work: DEMO, settings: optionsFromEnv(process.env) });
  process.stdout.write(`Runs of the flow refund: ${gateway.url}/ (the key is shop-key)\n`);
  process.once('SIGTERM', () => void gateway.close());
}
