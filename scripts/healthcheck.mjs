/** Exits with 0 if the gateway of this container is alive: the HEALTHCHECK of the image. */
import { get } from 'node:http';

const given = (name, byDefault) => process.env[name]?.trim() || byDefault;

// Whoever listens at all addresses (0.0.0.0, ::) is found at that one, too. With BASE_PATH, /healthz stays where it is.
const host = given('HOST', '127.0.0.1');
const url = `http://${host.includes(':') ? `[${host}]` : host}:${given('OPS_PORT', given('PORT', '4000'))}/healthz`;

// Without an agent of the process: with NODE_USE_ENV_PROXY that one would ask the proxy.
const problem = await new Promise((resolve) => {
  get(url, { agent: false }, ({ statusCode }) => {
    resolve(statusCode === 200 ? null : `HTTP ${statusCode}`);
  }).on('error', ({ code, message }) => {
    resolve(code ?? message);
  });
});
if (problem !== null) process.stderr.write(`${url}: ${problem}\n`);
process.exit(problem === null ? 0 : 1);
