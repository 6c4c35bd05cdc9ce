/** Cursors: opaque positions in a list. An invalid cursor is BAD_USER_INPUT. */
import { z } from 'zod';
import type { HistoryPosition } from '../../runs/history/history-reader.ts';
import type { RecentPosition } from '../../runs/history/recent-runs.ts';
import { MARK_LENGTH, markOf } from '../../runs/history/mark.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { MAX_LIST_SIZE } from '../arguments.ts';
import { decodeOpaque, encodeOpaque } from '../opaque-text.ts';

/** Maximum number of characters. */
const MAX_LENGTH = 8192;
const INVALID = 'Invalid cursor: after must be a cursor that this list returned';

const decode = <T>(cursor: string, schema: z.ZodType<T>): T => decodeOpaque(cursor, schema, MAX_LENGTH, INVALID);

const RUN_PLACE = z.tuple([
  z.literal('run'),
  ...([z.string().nullable(), z.int().nonnegative(), z.int().nullable()] as const),
]);
const WORKFLOW_ID = z.tuple([z.literal('workflow'), z.string()]);

export const runCursor = ({ runId, offset, startMicros }: HistoryPosition): string =>
  encodeOpaque(['run', runId, offset, startMicros]);

export function readRunCursor(cursor: string): HistoryPosition {
  const [, runId, offset, startMicros] = decode(cursor, RUN_PLACE);
  return { runId, offset, startMicros };
}

/**
 * Cursors of a list over several workflows contain a position in each, so they are written compactly: ids as marks,
 * numbers in base 36, each field padded to its width.
 */
const PREFIX = 'r';
const OFFSET_LENGTH = 6;
const MICROS_LENGTH = 12;
const PLACE_LENGTH = MARK_LENGTH + MICROS_LENGTH;
const POSITION_LENGTH = 2 * MARK_LENGTH + OFFSET_LENGTH + MICROS_LENGTH;
const RECENT = new RegExp(`^${PREFIX}[\\w-]{${PLACE_LENGTH}}(?:[\\w-]{${POSITION_LENGTH}}){0,${MAX_LIST_SIZE}}$`);
const PADDING = '_';

/** Writes the cursors of one page: each run moves the position in its workflow. */
export class RecentCursors {
  readonly #positions = new Map<string, string>();

  constructor(positions: RecentPosition['positions']) {
    for (const [workflowId, position] of positions) this.move(workflowId, position);
  }

  move(workflowId: string, { runId, runMark, offset, startMicros }: HistoryPosition): void {
    const mark = runMark ?? (runId === null ? '' : markOf(runId));
    this.#positions.set(
      workflowId,
      markOf(workflowId) +
        mark.padStart(MARK_LENGTH, PADDING) +
        numberText(offset, OFFSET_LENGTH) +
        numberText(startMicros, MICROS_LENGTH),
    );
  }

  /** `last` is the last run before the cursor. */
  cursor(last: RecentPosition['last']): string {
    const place = last ? markOf(last.workflowId) + numberText(last.startMicros, MICROS_LENGTH) : '';
    return PREFIX + place.padStart(PLACE_LENGTH, PADDING) + [...this.#positions.values()].join('');
  }
}

/** Omits workflows that are no longer in the list. */
export function readRecentCursor(cursor: string, workflowIds: readonly string[]): RecentPosition {
  if (!RECENT.test(cursor)) throw new GatewayError('BAD_USER_INPUT', INVALID);
  const byMark = new Map(workflowIds.map((id) => [markOf(id), id]));
  let at = PREFIX.length;
  const field = (length: number): string => cursor.slice(at, (at += length)).replace(/^_+/, '');
  const lastMark = field(MARK_LENGTH);
  const lastMicros = numberOf(field(MICROS_LENGTH));
  const positions = new Map<string, HistoryPosition>();
  while (at < cursor.length) {
    const workflowId = byMark.get(field(MARK_LENGTH));
    const runMark = field(MARK_LENGTH);
    const offset = numberOf(field(OFFSET_LENGTH));
    const startMicros = numberOf(field(MICROS_LENGTH));
    if (offset === null || offset < 0) throw new GatewayError('BAD_USER_INPUT', INVALID);
    if (workflowId === undefined) continue;
    positions.set(workflowId, { runId: null, ...(runMark !== '' && { runMark }), offset, startMicros });
  }
  const last = lastMark === '' ? null : { workflowId: byMark.get(lastMark) ?? '', startMicros: lastMicros };
  return { last, positions };
}

const numberText = (value: number | null, length: number): string =>
  (value?.toString(36) ?? '').padStart(length, PADDING);

/** Returns null for an empty string. */
function numberOf(text: string): number | null {
  if (text === '') return null;
  const value = Number.parseInt(text, 36);
  if (!Number.isSafeInteger(value) || value.toString(36) !== text) throw new GatewayError('BAD_USER_INPUT', INVALID);
  return value;
}

export const workflowCursor = (id: string): string => encodeOpaque(['workflow', id]);

export const readWorkflowCursor = (cursor: string): string => decode(cursor, WORKFLOW_ID)[1];
