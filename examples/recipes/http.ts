import { createServer } from 'node:http';
import { createHandler } from 'stepgate';

const gateway = await createHandler({ upstreamUrl: process.env.UPSTREAM_URL ?? 'sample' });
const server = createServer(gateway.handler).on('upgrade', gateway.upgrade);
server.listen(Number(process.env.PORT ?? 3000));
