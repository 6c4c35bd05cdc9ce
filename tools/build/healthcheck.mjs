/** Exits with 0 if the gateway of this container is alive: the HEALTHCHECK of the image. */
import { get } from 'node:http';

const given = (name, byDefault) => process.env[name]?.trim() || byDefault;

// A gateway that listens on all addresses (0.0.0.0, ::) answers there, too. With BASE_PATH, /healthz keeps its path.
const host = given('HOST', '127.0.0.1');
const url = `http://${host.includes(':') ? `[${host}]` : host}:${given('OPS_PORT', given('PORT', '4000'))}/healthz`;

// Without an agent: with NODE_USE_ENV_PROXY the agent of the process would use the proxy.
const problem = await new Promise((resolve) => {
  get(url, { agent: false }, ({ statusCode }) => {
    resolve(statusCode === 200 ? null : `HTTP ${statusCode}`);
  }).on('error', ({ code, message }) => {
    resolve(code ?? message);
  });
});
if (problem !== null) process.stderr.write(`${url}: ${problem}\n`);
process.exit(problem === null ? 0 : 1);
