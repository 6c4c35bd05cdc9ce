/** Renders a component once from the cache, without a browser and without effects. */
import { createElement, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';

export function render(wrap: (children: ReactNode) => ReactNode, read: () => unknown): unknown {
  let shown: unknown;
  const Component = () => {
    shown = read();
    return null;
  };
  renderToString(wrap(createElement(Component)));
  return shown;
}

export const SHOWN_RUN = { workflowId: 'support-triage', id: 'run-4711' };
/** The result that a hook for the run must return. */
export const SHOWN = { ...SHOWN_RUN, status: 'FAILED', totalElapsedTime: 7 };
