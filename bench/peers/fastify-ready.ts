/** A Fastify route that reads the JSON body and sends ready bytes: the cost of Fastify itself. */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { readyAnswer } from './domain/ready-answer.ts';
import { announce, HOST, upstreamUrl } from './settings.ts';

const bytes = await readyAnswer(upstreamUrl, process.argv.slice(2));
const app = fastify();
app.post('/graphql', (_request, reply) => reply.type('application/json; charset=utf-8').send(bytes));
await app.listen({ host: HOST, port: 0 });
announce((app.server.address() as AddressInfo).port);
