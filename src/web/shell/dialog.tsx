/** Dialog that Esc closes. If it is modal, the browser traps and restores the focus; a click on the backdrop closes it. */
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from 'react';

export interface DialogProps {
  readonly label: string;
  readonly className?: string;
  readonly ref?: RefObject<HTMLDialogElement | null>;
  readonly isModal?: boolean;
  /** Whether a modal dialog itself gets the focus, not its first button. */
  readonly isFocused?: boolean;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ label, className = 'dialog', isModal = true, isFocused = false, ...props }: DialogProps) {
  const { onKeyDown, onClose, children } = props;
  const own = useRef<HTMLDialogElement>(null);
  const ref = props.ref ?? own;
  const pressed = useRef<EventTarget>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    const focused = document.activeElement;
    const isInside = dialog.contains(focused);
    // An open dialog must close before it can become modal.
    dialog.close();
    if (isModal) dialog.showModal();
    // `show` would move the focus.
    else dialog.open = true;
    if (isInside && focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    else if (isModal && isFocused) dialog.focus({ preventScroll: true });
  }, [ref, isModal, isFocused]);
  // `close` must run before the removal; otherwise the focus is not restored.
  useLayoutEffect(() => {
    const dialog = ref.current;
    return () => dialog?.close();
  }, [ref]);
  return (
    <dialog
      ref={ref}
      className={className}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        // Keys in a dialog above this one aren't meant for this one.
        if (event.target instanceof Element && event.target.closest('dialog') !== event.currentTarget) return;
        onKeyDown?.(event);
        if (event.key !== 'Escape' || event.defaultPrevented || event.nativeEvent.isComposing) return;
        // Left to itself, Chrome ignores Esc in a dialog after another one below it was opened anew.
        event.preventDefault();
        onClose();
      }}
      onClose={({ currentTarget }) => {
        // In development React runs each effect twice: the dialog is open again then.
        if (!currentTarget.open) onClose();
      }}
      onPointerDown={({ target }) => {
        pressed.current = target;
      }}
      onClick={({ target, currentTarget }) => {
        // The content covers a modal dialog, so only the backdrop has the dialog as its target. A selection that
        // begins in the content and ends on the backdrop also counts as a click on the dialog.
        if (isModal && target === currentTarget && pressed.current === currentTarget) onClose();
      }}
    >
      <div className="dialog-content">{children}</div>
    </dialog>
  );
}
