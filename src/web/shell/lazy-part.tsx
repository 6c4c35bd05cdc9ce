/** Part of the page that is loaded when first shown, with a notice while it loads or if it fails. */
import { createElement, lazy, Suspense, type ComponentType } from 'react';
import { Contained, MissingPart } from './contained.tsx';
import { Loading } from './notices.tsx';

/**
 * `load` imports a module whose default export is the component. `what` fits into a sentence: `the timeline`.
 * `Fallback` is shown while it loads.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
  what = 'this part of the page',
  Fallback: ComponentType<Props> = () => <Loading what={what} />,
): ComponentType<Props> {
  const Part = lazy(() =>
    load().catch((cause: unknown) => {
      throw new MissingPart(`Could not load ${what}.`, { cause });
    }),
  );
  return function LazyPart(props) {
    return (
      <Contained what={what}>
        <Suspense fallback={createElement(Fallback, props)}>{createElement(Part, props)}</Suspense>
      </Contained>
    );
  };
}
