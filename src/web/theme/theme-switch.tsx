/** Theme switch: system, light or dark. */
import { useState } from 'react';
import { deviceStorage } from '../session/storage.ts';
import { Monitor, Moon, Sun } from '../shell/icons.tsx';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** `theme.js` reads this key before the first paint. */
const NAME = 'stepgate.theme';

const LABELS: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' };
const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function choose(theme: Theme): void {
  if (theme === 'system') {
    delete document.documentElement.dataset.theme;
    deviceStorage.removeItem(NAME);
  } else {
    document.documentElement.dataset.theme = theme;
    deviceStorage.setItem(NAME, theme);
  }
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(current);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const Icon = ICONS[theme];
  const label = `Theme: ${LABELS[theme]}. Switch to ${LABELS[next]}`;
  return (
    <button
      type="button"
      className="quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => {
        choose(next);
        setTheme(next);
      }}
    >
      <Icon />
    </button>
  );
}
