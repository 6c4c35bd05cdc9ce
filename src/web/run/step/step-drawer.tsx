/** Drawer of a step, next to the run. On a narrow screen it is a sheet over the run. */
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { useMedia } from '../../hooks/media.ts';
import { formatCount } from '../../format/numbers.ts';
import { Dialog } from '../../shell/dialog.tsx';
import { ChevronLeft, ChevronRight, X } from '../../shell/icons.tsx';
import { isTyping } from '../../shortcuts/keys.ts';
import { useUrl } from '../../url/url.ts';
import type { ListedStep } from '../steps.ts';

export interface StepDrawerProps {
  readonly stepId: string;
  /** All steps of the run, by start. */
  readonly steps: readonly ListedStep[];
  readonly children: ReactNode;
}

export default function StepDrawer({ stepId, steps, children }: StepDrawerProps) {
  const isBeside = useMedia('(min-width: 1200px)');
  const url = useUrl();
  const index = steps.findIndex(({ id }) => id === stepId);
  const [previous, next] = [index > 0 ? steps[index - 1] : undefined, index >= 0 ? steps[index + 1] : undefined];

  function show(id: string | undefined): void {
    if (id !== undefined) url.go({ step: id });
  }
  function close(): void {
    url.go({ step: null });
  }
  const ref = useRef<HTMLDialogElement>(null);
  useFocusInside(ref);
  const closeByKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented && !isTyping(event.target)) close();
  });
  useEffect(() => {
    document.addEventListener('keydown', closeByKey);
    return () => document.removeEventListener('keydown', closeByKey);
  }, []);
  function onKeyDown(event: React.KeyboardEvent): void {
    // A field may use Esc itself, so it does not close the drawer.
    if (event.key === 'Escape' && isTyping(event.target)) event.preventDefault();
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || usesArrows(event.target)) return;
    if (event.key === 'ArrowLeft') show(previous?.id);
    else if (event.key === 'ArrowRight') show(next?.id);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog
      ref={ref}
      label="Step"
      className="step-drawer"
      isModal={!isBeside}
      isFocused
      onKeyDown={onKeyDown}
      onClose={close}
    >
      <div className="step-bar small">
        {[
          { name: 'Previous step', key: '←', step: previous, Icon: ChevronLeft },
          { name: 'Next step', key: '→', step: next, Icon: ChevronRight },
        ].map(({ name, key, step, Icon }) => (
          <button
            key={name}
            type="button"
            className="quiet icon-only"
            aria-label={name}
            title={`${name} (${key})`}
            disabled={!step}
            onClick={() => show(step?.id)}
          >
            <Icon />
          </button>
        ))}
        <span className="muted" role="status">
          {index >= 0 && `Step ${formatCount(index + 1)} of ${formatCount(steps.length)}`}
        </span>
        <span className="spacer" />
        <button
          type="button"
          className="quiet icon-only"
          aria-label="Close the step"
          title="Close (Esc)"
          onClick={close}
        >
          <X />
        </button>
      </div>
      {children}
    </Dialog>
  );
}

/** Moves the focus into the drawer when the reader opens a step, but not on page load, and back when it closes. */
function useFocusInside(ref: React.RefObject<HTMLElement | null>): void {
  const [opener] = useState(() => document.activeElement);
  useLayoutEffect(() => {
    const drawer = ref.current;
    const isOpened = opener instanceof HTMLElement && opener !== document.body;
    if (isOpened && !('keepsFocus' in opener.dataset)) drawer?.focus({ preventScroll: true });
    return () => {
      // The table may have removed the row that opened the step. The focus then moves to the timeline.
      const target = isOpened && opener.isConnected ? opener : document.querySelector<HTMLElement>('.timeline-scroll');
      const left = document.activeElement;
      requestAnimationFrame(() => {
        // In development React runs each effect twice: the drawer is still open then.
        if (drawer?.isConnected === true) return;
        // The focus stays where the reader has moved it meanwhile.
        const isWhereLeft = [left, document.body].includes(document.activeElement);
        if (isOpened && isWhereLeft) target?.focus({ preventScroll: true });
      });
    };
  }, [ref, opener]);
}

const usesArrows = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [role=tree], .scroll-x') !== null;
