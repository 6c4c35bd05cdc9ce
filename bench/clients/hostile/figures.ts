/** Hostile owners whose requests are small, but cause a lot of computation. */
import { runIdOf, WORKFLOW_ID, type RunShape } from '../../fixture-runs.ts';
import { flood } from './flood.ts';
import { fromAddress } from './floods.ts';
import { bodyOf, HOSTILE_KEY } from './operations.ts';
import type { Target } from './tally.ts';

const authorization = HOSTILE_KEY;

const WINDOWS = 90;
const LARGEST_WINDOW = 190;

/** Aliases of the changes in different windows of one workflow. A comment makes all documents different. */
export const triage = (target: Target): Promise<void> =>
  flood(target, { connections: 4 }, (index) => {
    const changes = (window: number) => `a${window}:changePoints(last:${LARGEST_WINDOW - window}){runsExamined}`;
    const aliases = Array.from({ length: WINDOWS }, (_, window) => changes(window)).join(' ');
    return { headers: { authorization }, body: bodyOf(`{workflow(id:"${WORKFLOW_ID}"){${aliases}}}#${index}`) };
  });

const LIVE: RunShape = { state: 'repeating', steps: 8000, outputBytes: 0 };
const FINISHED: RunShape = { state: 'overlapping', steps: 25_000, outputBytes: 0 };
const RUN_QUERY = `query($id:ID!,$probe:ID!){run(workflowId:"${WORKFLOW_ID}",id:$id){step(id:$probe){id} stepCounts{failed} failedSteps(latestAttemptOnly:true,first:1){id}}}`;
const FINISHED_RUNS = 20;

/** A live run, and finished ones, of executions that fail and overlap with equal inputs. */
export const attempts = (target: Target): Promise<void> =>
  flood(target, { connections: 4 }, (index) => {
    const id = index % 2 === 0 ? runIdOf(LIVE, 'live') : runIdOf(FINISHED, `failed-${index % FINISHED_RUNS}`);
    return { headers: { authorization }, body: bodyOf(RUN_QUERY, { variables: { id, probe: String(index) } }) };
  });

const NETWORKS = 24;
const INTEGERS = Array.from({ length: 47_000 }, () => '12345678901234567890').join();
const INTEGERS_BODY = bodyOf('{__typename}').replace(/}$/, `,"variables":{"a":[${INTEGERS}]}}`);

/** Bodies of 1 MB without a key. */
export const integers = (target: Target): Promise<void> =>
  flood(target, { connections: 32 }, (index) => ({ headers: fromAddress(index % NETWORKS), body: INTEGERS_BODY }));
