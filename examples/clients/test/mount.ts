/** Mounts components with their effects, in a DOM without a browser. */
import { createElement, Fragment, Suspense, type ReactNode } from 'react';
import { Window } from 'happy-dom';

const window = new Window();
Object.assign(globalThis, { window, document: window.document, MutationObserver: window.MutationObserver });
const { createRoot } = await import('react-dom/client');

export function mount(wrap: (children: ReactNode) => ReactNode, component: () => ReactNode) {
  const container = document.createElement('div');
  const root = createRoot(container);
  root.render(wrap(createElement(Suspense, null, createElement(component))));
  const items = () => [...container.querySelectorAll('li')].map(({ textContent }) => textContent);
  return {
    /** Resolves when the shown items fit. */
    async until(fits: (items: readonly string[]) => boolean): Promise<readonly string[]> {
      while (!fits(items())) {
        await new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            observer.disconnect();
            resolve();
          });
          observer.observe(container, { childList: true, characterData: true, subtree: true });
        });
      }
      return items();
    },
    click: () => container.querySelector('button')?.click(),
    canClick: () => container.querySelector('button') !== null,
    unmount: () => root.unmount(),
  };
}

export const list = (items: readonly ReactNode[], onClick: (() => unknown) | null): ReactNode =>
  createElement(Fragment, null, items, onClick && createElement('button', { onClick: () => void onClick() }, 'More'));
export const item = (key: string, text: string): ReactNode => createElement('li', { key }, text);
