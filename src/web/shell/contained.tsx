/** Error boundary: a route or panel that throws leaves the rest of the page usable. */
import { useState, type ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { useLocation } from 'react-router';
import { RotateCw } from './icons.tsx';
import { Problem, TryAgain } from './notices.tsx';

/** The files of a page part could not be loaded: the gateway is unreachable or serves another build. */
export class MissingPart extends Error {
  override readonly name = 'MissingPart';
}

export interface ContainedProps {
  /** Name as part of a sentence: `the timeline`. */
  readonly what?: string;
  readonly children: ReactNode;
}

export function Contained({ what = 'this part of the page', children }: ContainedProps) {
  // Navigation clears the error.
  const { key } = useLocation();
  return (
    <ErrorBoundary
      resetKeys={[key]}
      fallbackRender={({ error, resetErrorBoundary }) =>
        error instanceof MissingPart ? (
          <Missing what={what} />
        ) : (
          <Problem title={<h2>Something went wrong in {what}</h2>} action={<TryAgain onClick={resetErrorBoundary} />}>
            The rest of the page still works. {error instanceof Error ? error.message : String(error)}
          </Problem>
        )
      }
    >
      {children}
    </ErrorBoundary>
  );
}

function Missing({ what }: { readonly what: string }) {
  const [isAway, setIsAway] = useState(false);

  /** Checks the gateway first: without it, a reload would end on the browser's error page. */
  async function reload(): Promise<void> {
    const answer = await fetch(window.location.href, { method: 'HEAD' }).catch(() => null);
    if (answer?.ok === true) window.location.reload();
    else setIsAway(true);
  }

  return (
    <Problem
      title={<h2>Could not load {what}</h2>}
      action={
        <button type="button" onClick={() => void reload()}>
          <RotateCw /> Reload
        </button>
      }
    >
      {isAway
        ? 'The gateway can’t be reached right now.'
        : 'There is probably a newer version of this page. Reload to continue at the same place.'}
    </Problem>
  );
}
