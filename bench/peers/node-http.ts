/** The limit: node:http that sends the same ready bytes for every request, without reading it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readyAnswer } from './domain/ready-answer.ts';
import { announce, HOST, upstreamUrl } from './settings.ts';

const bytes = await readyAnswer(upstreamUrl, process.argv.slice(2));
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length };

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(bytes);
});
server.listen(0, HOST, () => {
  announce((server.address() as AddressInfo).port);
});
