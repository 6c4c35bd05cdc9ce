/** The ids in the path of an address. */
import { useLocation } from 'react-router';

export const IN_PATH = /(?:^|\/)workflows\/([^/]+)(?:\/runs\/([^/]+))?/i;

/** Empty where the address has none. React Router's parameters have a slash for each `%2F` in an id. */
export function useIds() {
  const [, workflowId = '', runId = ''] = IN_PATH.exec(useLocation().pathname) ?? [];
  return { workflowId: decode(workflowId) ?? workflowId, runId: decode(runId) ?? runId };
}

/** Null for what is not encoded as an address is. */
export function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
