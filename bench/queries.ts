/** The queries for all contenders, and the check that all answer the same. */
import type { Agent } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { WORKFLOW_ID } from './fixture-runs.ts';
import { send } from './http.ts';

export const AUTHORIZATION = 'Bearer bench-key';
export const HEADERS = { 'content-type': 'application/json', authorization: AUTHORIZATION } as const;

const FIELDS =
  'status totalElapsedTime failedSteps { id nodeId error } steps { id nodeId status startTime endTime elapsedTime }';

/** The query of PERFORMANCE.md. */
export const RUN_QUERY = `query Run($workflowId: ID!, $id: ID!) { run(workflowId: $workflowId, id: $id) { ${FIELDS} } }`;
/**
 * The same with a lookup of a missing step under a unique name: all requests differ, so that no cache of whole answers helps, and
 * the answer has the same size.
 */
export const UNIQUE_QUERY = `query Run($workflowId: ID!, $id: ID!, $probe: ID!) { run(workflowId: $workflowId, id: $id) { ${FIELDS} step(id: $probe) { id } } }`;
/** 100 runs at once, for W3. */
export const RUNS_QUERY = `query Runs($workflowId: ID!, $ids: [ID!]!) { workflow(id: $workflowId) { runsById(ids: $ids) { id ${FIELDS} } } }`;

export const runBody = (runId: string): string =>
  JSON.stringify({ query: RUN_QUERY, variables: { workflowId: WORKFLOW_ID, id: runId } });

export const runsBody = (ids: readonly string[]): string =>
  JSON.stringify({ query: RUNS_QUERY, variables: { workflowId: WORKFLOW_ID, ids } });

export const uniqueBody = (runId: string, probe: string): string =>
  JSON.stringify({ query: UNIQUE_QUERY, variables: { workflowId: WORKFLOW_ID, id: runId, probe } });

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly ms: number;
}

export async function ask(url: string, body: string, agent?: Agent): Promise<Answer> {
  const startedAt = performance.now();
  const { status, text } = await send(url, { headers: HEADERS, body, ...(agent && { agent }) });
  const ms = performance.now() - startedAt;
  return { status, text, json: parseJson(text), ms };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Sends a query, and throws without data or with errors. */
export async function askForData(name: string, url: string, body: string, agent?: Agent): Promise<Answer> {
  const answer = await ask(url, body, agent);
  const { data, errors } = (answer.json ?? {}) as { data?: unknown; errors?: unknown };
  if (answer.status === 200 && data != null && errors === undefined) return answer;
  throw new Error(`${name} must answer with data, got ${answer.status}: ${answer.text.slice(0, 500)}`);
}

/** A contender with other answers is not measured: its time would mean nothing. */
export async function checkSameAnswers(
  contenders: readonly { readonly name: string; readonly url: string }[],
  body: string,
): Promise<Answer> {
  let reference: { name: string; answer: Answer } | null = null;
  for (const { name, url } of contenders) {
    const answer = await askForData(name, url, body);
    reference ??= { name, answer };
    if (!isDeepStrictEqual(answer.json, reference.answer.json)) {
      throw new Error(
        `The answers of ${name} and ${reference.name} must be equal.\n${reference.name}: ${reference.answer.text.slice(0, 1500)}\n${name}: ${answer.text.slice(0, 1500)}`,
      );
    }
  }
  if (!reference) throw new Error('at least one contender is required');
  return reference.answer;
}
