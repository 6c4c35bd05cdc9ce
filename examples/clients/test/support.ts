/** The gateway under test, the example operations, and recorders of a client's requests and warnings. */
import { readdirSync, readFileSync } from 'node:fs';
import { mock } from 'node:test';
import { buildSchema, Kind, OperationTypeNode, parse, type DocumentNode } from 'graphql';
import { VARIABLES } from '../../../test/harness/example-variables.ts';
import { SampleGateway } from '../../../test/harness/sample.ts';

export { VARIABLES };

/** A gateway for which no time passes: a run that a test starts is the same in all answers. */
export function startGateway(environment: Readonly<Record<string, string>> = {}) {
  const nowMs = Date.now();
  return new SampleGateway({ env: environment, clock: { now: () => nowMs } }).open();
}

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

export const schema = buildSchema(read('schema.graphql'));

export interface Example {
  readonly file: string;
  readonly text: string;
  readonly document: DocumentNode;
  readonly isMutation: boolean;
}

export const EXAMPLES: readonly Example[] = readdirSync(new URL('examples/operations', ROOT))
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => {
    const text = read(`examples/operations/${file}`);
    const document = parse(text);
    const isMutation = document.definitions.some(
      (node) => node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.MUTATION,
    );
    return { file, text, document, isMutation };
  });

/** `draw-the-graph.graphql` → `DrawTheGraph`. */
export const moduleOf = (file: string): string =>
  file.replace('.graphql', '').replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

export interface SentRequest {
  readonly method: string;
  /** The body, or the parameters of a GET. */
  readonly params: { readonly query?: string; readonly documentId?: string; readonly extensions?: unknown };
  /** Answer; empty before it arrives, and for event streams. */
  readonly answer: { readonly data?: unknown; readonly errors?: unknown };
}

/** Records all HTTP requests until the end of the test file. */
export function recordRequests(): SentRequest[] {
  const sent: SentRequest[] = [];
  const { fetch } = globalThis;
  mock.method(globalThis, 'fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    const body = request.method === 'GET' ? Object.fromEntries(new URL(request.url).searchParams) : null;
    const params = body ?? ((await request.clone().json()) as SentRequest['params']);
    const entry: SentRequest = { method: request.method, params, answer: {} };
    sent.push(entry);
    const response = await fetch(request);
    if (response.headers.get('content-type')?.includes('json')) {
      Object.assign(entry.answer, await response.clone().json());
    }
    return response;
  });
  return sent;
}

/** Records all console output until the end of the test file. */
export function recordWarnings(): unknown[][] {
  const printed: unknown[][] = [];
  for (const level of ['warn', 'error'] as const) {
    mock.method(console, level, (...parts: unknown[]) => printed.push(parts));
  }
  return printed;
}

export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Without `__typename`, as some clients return it. */
export const withoutTypenames = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, part: unknown) => {
    if (typeof part === 'object' && part !== null && '__typename' in part) delete part.__typename;
    return part;
  });

/** One of the two runs does not exist: only that run is null. */
export const ONE_FAILS = `query OneFails {
  workflow(id: "support-triage") {
    id
    runsById(ids: ["run-4711", "none"]) { id workflowId status }
  }
}`;
export const ONE_FAILED = {
  workflow: {
    id: 'support-triage',
    runsById: [{ id: 'run-4711', workflowId: 'support-triage', status: 'FAILED' }, null],
  },
};
