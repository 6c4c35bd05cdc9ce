import express from 'express';
import { createHandler } from 'stepgate';

const gateway = await createHandler({ basePath: '/workflows', upstreamUrl: process.env.UPSTREAM_URL ?? 'sample' });
const app = express().use('/workflows', gateway.handler); // before a body parser, which would take the body
app.listen(Number(process.env.PORT ?? 3000)).on('upgrade', (request, socket, head) => {
  if (!gateway.upgrade(request, socket, head)) socket.destroy(); // or a WebSocket of your own
});
