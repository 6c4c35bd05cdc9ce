/** Dialog for an action that can't be undone: what will happen, the error of the last attempt, and the buttons. */
import type { ReactNode } from 'react';
import { codeOf, messageOf } from '../live/errors.ts';
import { Dialog } from '../shell/dialog.tsx';

export interface ActionDialogProps {
  readonly title: string;
  /** Label of the button that performs the action. */
  readonly action: string;
  /** Label of that button while the request is pending. */
  readonly acting: string;
  /** Label of the button that only closes the dialog. */
  readonly leave: string;
  readonly isActing: boolean;
  /** Whether there is something to send. */
  readonly isReady?: boolean;
  readonly problem: ReactNode;
  readonly onAct: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function ActionDialog({ title, action, acting, leave, isActing, isReady = true, ...props }: ActionDialogProps) {
  const { problem, onAct, onClose, children } = props;
  return (
    // The dialog has the focus, not a button, so pressing Enter once too often does nothing.
    <Dialog label={title} className="dialog action-dialog" isFocused onClose={onClose}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isActing) onAct();
        }}
      >
        <h2>{title}</h2>
        {children}
        <div className="bad" role="alert">
          {problem}
        </div>
        <div className="toolbar">
          <button type="submit" className="primary" disabled={!isReady || isActing}>
            {isActing ? acting : action}
          </button>
          <button type="button" onClick={onClose}>
            {leave}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export interface ProblemWords {
  /** Shown if the subject is in another state by now. */
  readonly conflict: string;
  /** Shown if the gateway's response was lost. */
  readonly unanswered: string;
}

export function problemText(error: Error | undefined, isUnanswered: boolean, words: ProblemWords): string | null {
  if (!error) return null;
  if (codeOf(error) === 'CONFLICT') return words.conflict;
  return isUnanswered ? `${messageOf(error)} ${words.unanswered}` : messageOf(error);
}
