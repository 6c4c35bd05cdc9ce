/** Reads a link to this page, a link to the API, or two ids from the search field. */
import { decode, IN_PATH } from '../url/ids.ts';

export interface Named {
  readonly workflowId: string;
  /** `null` for a link to the workflow itself. */
  readonly runId: string | null;
  /** Query string of a link to this page; otherwise empty. */
  readonly search: string;
}

export function readPasted(text: string): Named | null {
  const url = URL.parse(text);
  const [, workflowId, runId] = IN_PATH.exec(url?.pathname ?? text.split('?')[0] ?? '') ?? [];
  const named = workflowId === undefined ? null : decode(workflowId);
  if (named === null) return null;
  const isOwn = url?.origin === window.location.origin;
  return { workflowId: named, runId: runId === undefined ? null : decode(runId), search: isOwn ? url.search : '' };
}

/** `workflow/run`. It may also be the name of a workflow, such as `team/flow`. */
export function readPair(text: string): Named | null {
  const [, workflowId, runId] = /^([^\s/]+)\/([^\s/]+)$/.exec(text) ?? [];
  return workflowId === undefined || runId === undefined || URL.canParse(text)
    ? null
    : { workflowId, runId, search: '' };
}

/** Whether the string may be a run id, so that a search in every workflow is worthwhile: a word with a digit. */
export const mayBeRunId = (text: string): boolean => /^[\w.:-]{4,128}$/.test(text) && /\d/.test(text);
