/** The embedded upstream without a gateway: `npm run upstream`. */
import { createEmbeddedUpstream } from './server.ts';
import { API_KEYS } from './store.ts';

/** An empty variable counts as unset. */
const variable = (name: string, byDefault: string): string => {
  const value = process.env[name];
  return value === undefined || value === '' ? byDefault : value;
};

const host = variable('HOST', '127.0.0.1');
const portText = variable('UPSTREAM_PORT', '4001');

function stopWith(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

if (!/^\d{1,5}$/.test(portText) || Number(portText) > 65535) {
  stopWith(`UPSTREAM_PORT must be a number from 0 to 65535, got ${JSON.stringify(portText)}`);
}

const upstream = await createEmbeddedUpstream({ host, port: Number(portText) }).catch((error: unknown) =>
  stopWith(`The embedded upstream could not start: ${error instanceof Error ? error.message : String(error)}`),
);

process.stdout.write(`Embedded upstream on ${upstream.url} (keys: ${[...API_KEYS.keys()].join(', ')})\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void upstream.close());
