/** Cursors: opaque positions in a list. An invalid cursor is BAD_USER_INPUT. */
import { z } from 'zod';
import type { HistoryPosition } from '../../runs/history/history-reader.ts';
import type { RecentPosition } from '../../runs/history/recent-runs.ts';
import { MAX_LIST_SIZE } from '../arguments.ts';
import { decodeOpaque, encodeOpaque } from '../opaque-text.ts';

/** Characters of any other cursor. */
const MAX_LENGTH = 8192;
/** Characters of a cursor with a position in each of 100 workflows, with ids of maximum length. */
const MAX_RECENT_LENGTH = 150_000;

const decode = <T>(cursor: string, schema: z.ZodType<T>, maxLength = MAX_LENGTH): T =>
  decodeOpaque(cursor, schema, maxLength, 'Invalid cursor: after must be a cursor that this list returned');

const MICROS = z.int().nullable();
const POSITION = [z.string().nullable(), z.int().nonnegative(), MICROS] as const;
const RUN_PLACE = z.tuple([z.literal('run'), ...POSITION]);
const RECENT_PLACE = z.tuple([
  z.literal('recent'),
  z.tuple([z.string(), MICROS]).nullable(),
  z.array(z.tuple([z.string(), ...POSITION])).max(MAX_LIST_SIZE),
]);
const WORKFLOW_ID = z.tuple([z.literal('workflow'), z.string()]);

export const runCursor = ({ runId, offset, startMicros }: HistoryPosition): string =>
  encodeOpaque(['run', runId, offset, startMicros]);

export function readRunCursor(cursor: string): HistoryPosition {
  const [, runId, offset, startMicros] = decode(cursor, RUN_PLACE);
  return { runId, offset, startMicros };
}

export const recentCursor = ({ last, positions }: RecentPosition): string =>
  encodeOpaque([
    'recent',
    last && [last.workflowId, last.startMicros],
    [...positions].map(([workflowId, { runId, offset, startMicros }]) => [workflowId, runId, offset, startMicros]),
  ]);

export function readRecentCursor(cursor: string): RecentPosition {
  const [, last, positions] = decode(cursor, RECENT_PLACE, MAX_RECENT_LENGTH);
  return {
    last: last && { workflowId: last[0], startMicros: last[1] },
    positions: new Map(
      positions.map(([workflowId, runId, offset, startMicros]) => [workflowId, { runId, offset, startMicros }]),
    ),
  };
}

export const workflowCursor = (id: string): string => encodeOpaque(['workflow', id]);

export const readWorkflowCursor = (cursor: string): string => decode(cursor, WORKFLOW_ID)[1];
