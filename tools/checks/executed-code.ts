/** Prints the files and lines of the gateway that one cached, one warm and one cold query execute, by V8's precise coverage. */
import { readFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readConfig } from '../../src/config/config.ts';
import { composeGateway } from '../../src/gateway.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = `${pathToFileURL(join(ROOT, 'src')).href}/`;
/** Parts that are not the gateway's: the sample upstream, and generated code. */
const IGNORED = /\/src\/(?:sample|graphql\/generated)\//;

interface Executed {
  readonly path: string;
  readonly lines: number;
  readonly executed: number;
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const gateway = await composeGateway(readConfig({ PORT: '0', LOG_LEVEL: 'silent' }));
const QUERY = `query ($id: ID!, $step: ID!) { run(workflowId: "support-triage", id: $id) {
  status totalElapsedTime failedSteps { id } steps { id status elapsedTime } step(id: $step) { id } } }`;

async function send(query: string, variables: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { readonly data?: unknown; readonly errors?: unknown };
  if (data == null || errors) throw new Error(`The query must return only data, got ${JSON.stringify(errors)}.`);
  return data;
}

/** What has been executed since the last call. */
async function executedCode(): Promise<Executed[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => url.startsWith(SOURCE) && !IGNORED.test(url))
    .map(executedIn)
    .filter(({ executed }) => executed > 0);
}

function executedIn({ url, functions }: Profiler.ScriptCoverage): Executed {
  const path = fileURLToPath(url);
  const text = readFileSync(path, 'utf8');
  const isExecuted = new Uint8Array(text.length);
  // A range comes after the ones around it.
  const ranges = functions
    .flatMap((each) => each.ranges)
    .sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset);
  for (const { startOffset, endOffset, count } of ranges) isExecuted.fill(Math.min(count, 1), startOffset, endOffset);
  let at = 0;
  let executed = 0;
  const lines = text.split('\n');
  for (const line of lines) {
    const start = at + line.search(/\S|$/);
    if (line.trim() !== '' && isExecuted[start] === 1) executed += 1;
    at += line.length + 1;
  }
  return { path: relative(join(ROOT, 'src'), path), lines: lines.length - 1, executed };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

function print(name: string, files: readonly Executed[]): void {
  const row = (what: string, some: readonly Executed[]) =>
    `${what.padEnd(28)} ${String(some.length).padStart(5)} files, ${String(sum(some.map(({ executed }) => executed))).padStart(5)} of ${sum(some.map(({ lines }) => lines))} lines`;
  const rows = [row(`${name} query`, files)];
  for (const [folder, some] of Object.entries(Object.groupBy(files, ({ path }) => dirname(path).split('/')[0] ?? ''))) {
    rows.push(row(`  ${folder === '.' ? '(root)' : folder}/`, some ?? []));
  }
  process.stdout.write(`${rows.join('\n')}\n`);
}

const { workflow } = (await send('{ workflow(id: "support-triage") { runs(first: 2) { nodes { id } } } }', {})) as {
  readonly workflow: { readonly runs: { readonly nodes: readonly { readonly id: string }[] } };
};
const [first, second] = workflow.runs.nodes.map(({ id }) => id);
if (first === undefined || second === undefined) throw new Error('The sample must have two runs.');

await executedCode();
await send(QUERY, { id: first, step: 'a' });
const cold = await executedCode();
// An answer is cached from the second time on, and a query compiled when its document is known.
for (const step of ['b', 'c', 'c', 'c']) await send(QUERY, { id: first, step });
await executedCode();
await send(QUERY, { id: first, step: 'd' });
const warm = await executedCode();
await send(QUERY, { id: first, step: 'c' });
const cached = await executedCode();

print('cached', cached);
print('warm', warm);
print('cold', cold);
await gateway.close();
session.disconnect();
