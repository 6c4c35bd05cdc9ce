/** Switch for browser notifications. */
import { useState } from 'react';
import { BellOff, BellRing } from '../shell/icons.tsx';
import { notificationState, switchNotifications } from './notifications.ts';

const STATES = {
  on: { icon: BellRing, hint: 'On: a notification appears while this page is in the background' },
  off: { icon: BellOff, hint: 'Off' },
  blocked: { icon: BellOff, hint: 'The browser blocks them for this page: allow them in its settings' },
} as const;

export function NotificationSwitch() {
  const [state, setState] = useState(notificationState);
  if (state === null) return null;
  const { icon: Icon, hint } = STATES[state];
  return (
    <button
      type="button"
      role="switch"
      aria-checked={state === 'on'}
      className="quiet icon-only"
      aria-label="Notify me when the run ends or a failure is new"
      title={`Notify me when the run ends or a failure is new. ${hint}`}
      onClick={() => {
        void switchNotifications(state !== 'on').then(() => setState(notificationState));
      }}
    >
      <Icon />
    </button>
  );
}
