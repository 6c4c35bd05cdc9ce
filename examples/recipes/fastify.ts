import Fastify from 'fastify';
import stepgate from 'stepgate';

const app = Fastify();
await app.register(stepgate, { prefix: '/workflows', upstreamUrl: process.env.UPSTREAM_URL ?? 'sample' });
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
