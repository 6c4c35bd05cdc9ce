/** A part of the page that is loaded when it is first shown. It says so meanwhile, and what to do if it can't be loaded. */
import { createElement, lazy, Suspense, type ComponentType } from 'react';
import { Contained, MissingPart } from './contained.tsx';
import { Loading } from './notices.tsx';

/** `load` is an `import()` of a module whose default is the component; `what` is as in a sentence: `the timeline`. */
export function lazyPart<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
  what = 'this part of the page',
): ComponentType<Props> {
  const Part = lazy(() =>
    load().catch((cause: unknown) => {
      throw new MissingPart(`Could not load ${what}.`, { cause });
    }),
  );
  return function LazyPart(props) {
    return (
      <Contained what={what}>
        <Suspense fallback={<Loading what={what} />}>{createElement(Part, props)}</Suspense>
      </Contained>
    );
  };
}
