/** Renders a component once, from what is cached: without a browser, so without effects. */
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
/** What a hook that shows the run must return of it. */
export const SHOWN = { ...SHOWN_RUN, status: 'FAILED', totalElapsedTime: 7 };
