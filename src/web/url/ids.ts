/** Ids in the path of the URL. */
import { useLocation } from 'react-router';

export const IN_PATH = /(?:^|\/)workflows\/([^/]+)(?:\/runs\/([^/]+))?/i;

/** Empty if the URL has none. React Router's own parameters turn each `%2F` of an id into a slash. */
export function useIds() {
  const [, workflowId = '', runId = ''] = IN_PATH.exec(useLocation().pathname) ?? [];
  return { workflowId: decode(workflowId) ?? workflowId, runId: decode(runId) ?? runId };
}

/** `null` for invalid percent-encoding. */
export function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
