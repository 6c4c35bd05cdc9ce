/** Handles the keyboard shortcuts of the page and shows their overlays. */
import { useEffect } from 'react';
import { lazyPart } from '../shell/lazy-part.tsx';
import { commandOf, moveToRow, type Overlay } from './keys.ts';
import { Palette } from './palette.tsx';

const Help = lazyPart(() => import('./help.tsx'), 'the list of shortcuts');

export interface ShortcutsProps {
  readonly open: Overlay | null;
  readonly onOpen: (overlay: Overlay | null) => void;
}

export function Shortcuts({ open, onOpen }: ShortcutsProps) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (!command) return;
      event.preventDefault();
      if (command.kind === 'open') onOpen(command.overlay);
      else moveToRow(command.by);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onOpen]);
  // Sign-out closes the overlay, so that it does not open for the next key.
  useEffect(() => () => onOpen(null), [onOpen]);
  const close = () => onOpen(null);
  if (open === 'palette') return <Palette onClose={close} onHelp={() => onOpen('help')} />;
  if (open === 'help') return <Help onClose={close} />;
  return null;
}
