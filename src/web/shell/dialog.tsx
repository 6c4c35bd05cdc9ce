/** Modal dialog. The browser traps and restores the focus; Esc and a click on the backdrop close it. */
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import './dialog.css';

export interface DialogProps {
  readonly label: string;
  readonly className?: string;
  /** True focuses the dialog itself, not its first button. */
  readonly isFocused?: boolean;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ label, className = 'dialog', isFocused = false, onKeyDown, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  // `close` must run before the removal; otherwise the focus is not restored.
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
      onClose={({ currentTarget }) => {
        // In development React runs each effect twice: the dialog is open again then.
        if (!currentTarget.open) onClose();
      }}
      onClick={(event) => {
        // The content covers the dialog, so only a click on the backdrop has the dialog as its target.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-content">{children}</div>
    </dialog>
  );
}
