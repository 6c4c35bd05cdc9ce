/** A dialog over the page. The browser keeps the focus in it and gives it back; Esc and a click next to it close it. */
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import './dialog.css';

export interface DialogProps {
  readonly label: string;
  readonly className?: string;
  /** True: the focus begins on the dialog, and not on its first button. */
  readonly isFocused?: boolean;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ label, className = 'dialog', isFocused = false, onKeyDown, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  // Closed before it is taken away: otherwise the focus is not given back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    if (isFocused) dialog?.focus({ preventScroll: true });
    return () => dialog?.close();
  }, [isFocused]);
  return (
    <dialog
      ref={ref}
      className={className}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onClose={onClose}
      onClick={(event) => {
        // Its content covers the dialog: only what is behind it belongs to the dialog itself.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-content">{children}</div>
    </dialog>
  );
}
