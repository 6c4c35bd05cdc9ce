/** A workflow that asks a person, fails for some items of a list, and runs behind the gateway. */
import { Mastra } from '@mastra/core';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { LibSQLStore } from '@mastra/libsql';
import { createServer, optionsFromEnv, type GatewayServer, type Settings } from 'stepgate';
import { z } from 'zod';
import { createMastraUpstream, STATUS_WORDS } from './upstream.ts';

const order = z.object({ id: z.number(), items: z.array(z.string()) });

const find = createStep({
  id: 'find-order',
  description: 'Reads the order.',
  inputSchema: order,
  outputSchema: order,
  execute: ({ inputData }) => Promise.resolve(inputData),
});

const approve = createStep({
  id: 'approve',
  description: 'Asks a person.',
  inputSchema: order,
  outputSchema: z.array(z.string()),
  suspendSchema: z.object({ question: z.string() }),
  resumeSchema: z.object({ isApproved: z.boolean() }),
  async execute({ inputData, resumeData, suspend }) {
    if (!resumeData) return suspend({ question: `Refund order ${inputData.id}?` });
    if (!resumeData.isApproved) throw new Error('Refund rejected');
    return inputData.items;
  },
});

const pay = createStep({
  id: 'pay',
  description: 'Pays one item back.',
  inputSchema: z.string(),
  outputSchema: z.string(),
  execute: ({ inputData }) =>
    inputData === 'broken'
      ? Promise.reject(new Error('Card service unavailable'))
      : Promise.resolve(`paid ${inputData}`),
});

const mail = createStep({
  id: 'mail',
  description: 'Sends a mail to the customer.',
  inputSchema: z.array(z.string()),
  outputSchema: z.array(z.string()),
  execute: ({ inputData }) => Promise.resolve(inputData),
});

const notify = createWorkflow({ id: 'notify', inputSchema: mail.inputSchema, outputSchema: mail.outputSchema })
  .then(mail)
  .commit();

const refund = createWorkflow({
  id: 'refund',
  description: 'Pays an order back.',
  inputSchema: order,
  outputSchema: z.array(z.string()),
})
  .then(find)
  .then(approve)
  .foreach(pay, { concurrency: 3 })
  .then(notify)
  .commit();

export interface Shop extends Pick<GatewayServer, 'url' | 'close'> {
  readonly mastra: Mastra;
}

/** `file`: where Mastra keeps its runs. */
export async function startShop({ file, settings }: { file: string; settings?: Settings }): Promise<Shop> {
  const storage = new LibSQLStore({ id: 'shop', url: `file:${file}` });
  const mastra = new Mastra({ storage, workflows: { refund }, logger: false });
  const upstream = createMastraUpstream(mastra, new Set(['shop-key']));
  const gateway = await createServer({ statusWords: STATUS_WORDS, ...settings, upstream });
  return { mastra, url: gateway.url, close: () => gateway.close() };
}

if (import.meta.main) {
  const { url, close } = await startShop({
    file: process.env.MASTRA_FILE ?? 'mastra.db',
    settings: optionsFromEnv(process.env),
  });
  process.stdout.write(`Runs of the workflow refund: ${url}/ (the key is shop-key)\n`);
  process.once('SIGTERM', () => void close());
}
