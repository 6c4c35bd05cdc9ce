/** Dialog of an action that cannot be undone: what will happen, the error of the last try, and the buttons. */
import type { ReactNode } from 'react';
import { codeOf, messageOf } from '../live/errors.ts';
import { Dialog } from '../shell/dialog.tsx';

export interface ActionDialogProps {
  readonly title: string;
  /** Name of the button that acts. */
  readonly action: string;
  /** Name of that button while the request is under way. */
  readonly acting: string;
  /** Name of the button that only closes the dialog. */
  readonly leave: string;
  readonly isActing: boolean;
  /** False if there is nothing to send yet. */
  readonly isReady?: boolean;
  readonly problem: ReactNode;
  readonly onAct: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function ActionDialog({ title, action, acting, leave, isActing, isReady = true, ...props }: ActionDialogProps) {
  const { problem, onAct, onClose, children } = props;
  return (
    // The dialog has the focus, not a button: Enter, pressed once too often, does nothing.
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
  /** The subject is in another state by now. */
  readonly conflict: string;
  /** What holds if the gateway's answer was lost. */
  readonly unanswered: string;
}

export function problemText(error: Error | undefined, isUnanswered: boolean, words: ProblemWords): string | null {
  if (!error) return null;
  if (codeOf(error) === 'CONFLICT') return words.conflict;
  return isUnanswered ? `${messageOf(error)} ${words.unanswered}` : messageOf(error);
}
