/** How each call's response is read: pure functions whose arguments and results can be sent to another process. */
import { digestOf } from '../domain/payload.ts';
import type { Redaction } from '../domain/redaction/redaction.ts';
import type { StatusOf } from '../domain/status.ts';
import type { RunRecord, StepFacts, WorkflowRecord } from '../domain/types.ts';
import {
  createSharedTexts,
  readRun,
  readRuns,
  readDone,
  readStartedRun,
  readSteps,
  readWorkflows,
  type Redacted,
} from './contract.ts';
import type { Written } from './writes.ts';
import { Door } from './door.ts';
import type { JsonBody } from './transport/json-body.ts';
import { ownCopy } from '../runtime/own-bytes.ts';
import type { ReportDeviation } from './wire/deviations.ts';
import { NO_PAYLOAD, payloadsIn, payloadValues } from './wire/payloads.ts';

/** Arguments and result by call. */
interface Readings {
  readonly steps: readonly [{ readonly runId: string }, readonly StepFacts[]];
  readonly run: readonly [{ readonly runId: string }, RunRecord | null];
  readonly runs: readonly [{ readonly limit: number }, readonly RunRecord[]];
  readonly workflows: readonly [object, readonly WorkflowRecord[]];
  readonly execute: readonly [object, Written];
  readonly action: readonly [{ readonly endpoint: 'cancel' | 'resume'; readonly runId: string }, Written];
}

type Name = keyof Readings;

export type Reading<Each extends Name = Name> = {
  [Of in Each]: { readonly call: Of; readonly args: Readings[Of][0] };
}[Each];

export type ReadValue<Each extends Name = Name> = Readings[Each][1];

interface Reader<Each extends Name> {
  readonly read: (
    json: JsonBody,
    args: Reading<Each>['args'],
    statusOf: StatusOf,
    report: ReportDeviation,
    redacted: Redacted | null,
  ) => ReadValue<Each>;
  readonly redact: (door: Door, json: JsonBody) => JsonBody;
  /** Converts the value for sending it between processes, and back. */
  readonly sent: (value: ReadValue<Each>, json: JsonBody) => ReadValue<Each>;
  readonly received: (value: ReadValue<Each>, body: Uint8Array) => ReadValue<Each>;
}

const unchanged = <T>(value: T): T => value;

const READERS: { readonly [Each in Name]: Reader<Each> } = {
  steps: {
    read: (json, { runId }, ...rest) => readSteps(json, runId, ...rest),
    redact: (door, json) => door.steps(json),
    sent: sentSteps,
    received: receivedSteps,
  },
  run: {
    read: (json, { runId }, ...rest) => readRun(json, runId, ...rest),
    redact: (door, json) => door.records(json),
    sent: (record) => record && sentRecord(record),
    received: (record) => record && receivedRecord(record),
  },
  runs: {
    read: (json, { limit }, ...rest) => readRuns(json, limit, ...rest),
    redact: (door, json) => door.records(json),
    sent: (records) => records.map(sentRecord),
    received: (records) => records.map(receivedRecord),
  },
  workflows: {
    read: (json, _args, _statusOf, report) => readWorkflows(json, report),
    redact: (door, json) => door.workflows(json),
    sent: unchanged,
    received: unchanged,
  },
  execute: {
    read: (json, _args, _statusOf, report) => readStartedRun(json, report),
    redact: (door, json) => door.written(json),
    sent: unchanged,
    received: unchanged,
  },
  action: {
    read: (json, { endpoint, runId }, _statusOf, report) => readDone(json, endpoint, runId, report),
    redact: (door, json) => door.written(json),
    sent: unchanged,
    received: unchanged,
  },
};

export interface ReadAnswer<Each extends Name> {
  readonly value: ReadValue<Each>;
  /** What the value was read from: the response, or what remains of it after redaction. */
  readonly json: JsonBody;
}

/** Throws UPSTREAM_CONTRACT_VIOLATION. */
export function readAnswer<Each extends Name>(
  original: JsonBody,
  { call, args }: Reading<Each>,
  redaction: Redaction | null,
  statusOf: StatusOf,
  report: ReportDeviation,
): ReadAnswer<Each> {
  const { read, redact } = READERS[call];
  const door = redaction && new Door(redaction);
  const json = door ? redact(door, original) : original;
  return { value: read(json, args, statusOf, report, door && { door, original }), json };
}

/** `json` is the value's. */
export const sentValue = <Each extends Name>(
  { call }: Reading<Each>,
  value: ReadValue<Each>,
  json: JsonBody,
): ReadValue<Each> => READERS[call].sent(value, json);

/** `body` is the response that the other process has read. */
export const receivedValue = <Each extends Name>(
  { call }: Reading<Each>,
  value: ReadValue<Each>,
  body: Uint8Array,
): ReadValue<Each> => READERS[call].received(value, body);

/** Without their response, and with what is later read from their payloads. */
function sentSteps(steps: readonly StepFacts[], { value }: JsonBody): readonly StepFacts[] {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return steps.map((step) => ({
    ...step,
    payload: { ...NO_PAYLOAD, digest: digestOf(payloadValues(items[step.index])) },
    reportedTokens: { usage: step.reportedTokens.usage },
  }));
}

function receivedSteps(steps: readonly StepFacts[], body: Uint8Array): readonly StepFacts[] {
  const shared = createSharedTexts();
  return steps.map((step) => ({
    ...step,
    userId: shared(step.userId),
    organizationId: shared(step.organizationId),
    payload: step.problem === undefined ? { body, index: step.index, digest: step.payload.digest } : NO_PAYLOAD,
  }));
}

function sentRecord(record: RunRecord): RunRecord {
  const { body, index } = record.payload;
  return { ...record, payload: { body, index, digest: digestOf(payloadsIn(body)(index)) } };
}

/** Its bytes are part of a message, all of which they would keep in memory. */
function receivedRecord(record: RunRecord): RunRecord {
  return { ...record, payload: { ...record.payload, body: ownCopy(record.payload.body) } };
}
