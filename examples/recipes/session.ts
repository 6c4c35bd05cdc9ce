import Fastify from 'fastify';
import stepgate, { type Identity } from 'stepgate';

/** Identities by session. In production this is the store of your sessions. */
const sessions = new Map<string | undefined, Identity>([
  ['of-ada', { upstreamKey: 'demo-key', workflowIds: 'all', subject: 'ada' }],
]);
const app = Fastify();
await app.register(stepgate, {
  prefix: '/workflows',
  authenticate: ({ headers }) => sessions.get(/(?:^|;\s*)sid=([\w-]+)/.exec(headers.cookie ?? '')?.[1]) ?? null,
});
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
