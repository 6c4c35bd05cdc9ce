/**
 * The upstream of every contender, in its own process: node:http with ready bytes for calls 1 and 3. It counts calls, and is
 * controlled over HTTP: `POST /__settings`, `POST /__reset`, `GET /__calls`, `GET /__first-served`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  isLive,
  MISSING_RUN,
  ORDINARY,
  REFUSED_KEY,
  runIdOf,
  shapeOf,
  templateOf,
  type RunShape,
  type Template,
} from './fixture-runs.ts';

export interface FixtureSettings {
  /** Delay of each answer. */
  readonly delayMs: number;
  /** Interval of changes of a running run; 0: no changes. */
  readonly changeEveryMs: number;
  /** The shape of runs whose id describes none. */
  readonly shape: RunShape;
  /** Shapes by run id, in place of the one that the id describes. */
  readonly states: Readonly<Record<string, RunShape['state']>>;
}

export interface FixtureCalls {
  readonly steps: number;
  readonly record: number;
  readonly history: number;
  /** All other requests: none are expected. */
  readonly other: number;
}

/** Time at which a version of a running run was first answered: milliseconds since 1970, with fractions. */
export interface FirstServed {
  readonly runId: string;
  readonly version: number;
  readonly atMs: number;
}

/** Versions count from the settings that started them: an unread change does not count. */
let settings: FixtureSettings = { delayMs: 0, changeEveryMs: 0, shape: ORDINARY, states: {} };
let settingsSinceMs = Date.now();
const NO_CALLS: FixtureCalls = { steps: 0, record: 0, history: 0, other: 0 };
let calls = { ...NO_CALLS };
let firstServed = new Map<string, FirstServed>();
const templates = new Map<string, Template>();

const STEPS = /^\/workflows\/[^/]+\/runs\/([^/?]+)\/steps$/;
const RECORD = /^\/workflows\/[^/]+\/runs\/([^/?]+)$/;
const EXECUTE = /^\/workflows\/[^/]+\/execute$/;
const HISTORY = /^\/workflows\/[^/]+\/runs\?limit=(\d+)&offset=(\d+)$/;

const server = createServer((request, response) => {
  const url = request.url ?? '';
  if (url.startsWith('/__')) void answerControl(url, request, response);
  else if (settings.delayMs === 0) answerCall(url, request, response);
  else setTimeout(answerCall, settings.delayMs, url, request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});

function answerCall(url: string, request: IncomingMessage, response: ServerResponse): void {
  const [, ofSteps] = STEPS.exec(url) ?? [];
  const [, ofRecord] = RECORD.exec(url) ?? [];
  const ofHistory = HISTORY.exec(url);
  calls[ofSteps !== undefined ? 'steps' : ofRecord !== undefined ? 'record' : ofHistory ? 'history' : 'other'] += 1;
  const key = request.headers.authorization ?? '';
  if (!key.startsWith('Bearer ') || key.startsWith(REFUSED_KEY)) sendJson(response, 401, { error: 'no key' });
  else if ((ofSteps ?? ofRecord)?.startsWith(MISSING_RUN)) sendJson(response, 404, { error: 'no such run' });
  else if (ofSteps !== undefined) sendSteps(response, ofSteps);
  else if (ofRecord !== undefined) sendJson(response, 200, [recordOf(ofRecord)]);
  else if (EXECUTE.test(url)) sendJson(response, 200, { message: 'started', run_id: runIdOf(ORDINARY, 'started') });
  else if (ofHistory) sendJson(response, 200, historyOf(Number(ofHistory[1]), Number(ofHistory[2])));
  else sendJson(response, 404, { error: 'path not found' });
}

function sendSteps(response: ServerResponse, runId: string): void {
  const shape = stateOf(runId);
  const version = isLive(shape) ? currentVersion() : shape.state === 'prompted' ? Number(runId.split('.').at(-1)) : 0;
  if (isLive(shape)) noteFirstServed(runId, version);
  const { head, tail } = template(shape, version);
  const id = Buffer.from(runId);
  const isSmall = tail.length < 1_000_000;
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': head.length + id.length + tail.length,
  });
  if (isSmall) {
    response.end(Buffer.concat([head, id, tail]));
  } else {
    response.write(head);
    response.write(id);
    response.end(tail);
  }
}

function stateOf(runId: string): RunShape {
  const shape = shapeOf(runId) ?? settings.shape;
  const state = settings.states[runId];
  return state ? { ...shape, state } : shape;
}

const currentVersion = (): number =>
  settings.changeEveryMs === 0 ? 0 : Math.floor((Date.now() - settingsSinceMs) / settings.changeEveryMs);

function template(shape: RunShape, version: number): Template {
  const key = `${shape.state} ${shape.steps} ${shape.outputBytes}`;
  const versioned = `${key} ${version}`;
  const known = templates.get(versioned);
  if (known) return known;
  const made = templateOf(shape, version);
  // The previous version is no longer needed.
  if (isLive(shape)) templates.delete(`${key} ${version - 1}`);
  templates.set(versioned, made);
  return made;
}

function noteFirstServed(runId: string, version: number): void {
  const key = `${runId} ${version}`;
  if (firstServed.has(key)) return;
  firstServed.set(key, { runId, version, atMs: performance.timeOrigin + performance.now() });
}

/** The latest runs, each with unique prompts. */
const HISTORY_LENGTH = 200;
const PROMPTED: RunShape = { state: 'prompted', steps: 20, outputBytes: 4000 };

const historyOf = (limit: number, offset: number): object[] =>
  Array.from({ length: Math.max(0, Math.min(limit, HISTORY_LENGTH - offset)) }, (_, index) =>
    recordOf(runIdOf(PROMPTED, HISTORY_LENGTH - 1 - offset - index)),
  );

function recordOf(runId: string): object {
  const shape = stateOf(runId);
  const { state } = shape;
  const isFinished = !isLive(shape);
  return {
    id: runId,
    status: !isFinished ? 'running' : state === 'failed' || state === 'overlapping' ? 'failed' : 'completed',
    start_time: '2025-03-13T02:41:00.000470Z',
    end_time: isFinished ? '2025-03-13T02:41:49.737470Z' : null,
    elapsed_time: isFinished ? 49 : 0,
    error: null,
    outputs: {},
    all_outputs: {},
    inputs: {},
  };
}

async function answerControl(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url === '/__settings') {
    settings = { ...settings, ...((await readJson(request)) as Partial<FixtureSettings>) };
    settingsSinceMs = Date.now();
    sendJson(response, 200, settings);
  } else if (url === '/__reset') {
    calls = { ...NO_CALLS };
    firstServed = new Map();
    sendJson(response, 200, calls);
  } else if (url === '/__first-served') {
    sendJson(response, 200, [...firstServed.values()]);
  } else {
    sendJson(response, 200, calls);
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
