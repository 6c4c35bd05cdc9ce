/** What a text in the search names by itself: a link of this page or of the API, or `workflow/run`. */
import { decode, IN_PATH } from '../url/ids.ts';

export interface Named {
  readonly workflowId: string;
  /** Null: the workflow itself. */
  readonly runId: string | null;
  /** The view that a link of this page has behind its question mark; empty if there is none. */
  readonly search: string;
}

const PAIR = /^([^\s/]+)\/([^\s/]+)$/;

export function readPasted(text: string): Named | null {
  const trimmed = text.trim();
  const url = URL.parse(trimmed);
  const path = url?.pathname ?? trimmed.split('?')[0] ?? '';
  const [, workflowId, runId] = IN_PATH.exec(path) ?? (url ? [] : (PAIR.exec(trimmed) ?? []));
  const named = workflowId === undefined ? null : decode(workflowId);
  if (named === null) return null;
  const isOwn = url?.origin === window.location.origin;
  return { workflowId: named, runId: runId === undefined ? null : decode(runId), search: isOwn ? url.search : '' };
}

/** Something that may be the id of a run, worth a question to each workflow: a word with a digit in it. */
export const mayBeRunId = (text: string): boolean => /^[\w.:-]{4,128}$/.test(text) && /\d/.test(text);
