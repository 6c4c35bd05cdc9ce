/** Shortcuts of the whole page. They are off while the user types and while a dialog is open. */

export type Overlay = 'palette' | 'help';

export type Command =
  { readonly kind: 'open'; readonly overlay: Overlay } | { readonly kind: 'move'; readonly by: 1 | -1 };

const PLAIN: Readonly<Record<string, Command>> = {
  '/': { kind: 'open', overlay: 'palette' },
  '?': { kind: 'open', overlay: 'help' },
  j: { kind: 'move', by: 1 },
  k: { kind: 'move', by: -1 },
};

/** `null` if the key isn't a shortcut. */
export function commandOf(event: KeyboardEvent): Command | null {
  if (event.defaultPrevented || event.isComposing || document.querySelector('dialog:modal')) return null;
  if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey) {
    return { kind: 'open', overlay: 'palette' };
  }
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return null;
  return PLAIN[event.key] ?? null;
}

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || (target.matches('input, textarea, select') && !target.matches('[type=checkbox]')));

/** Moves the focus to the row after or before it. The main link of each row has `data-row`. */
export function moveToRow(by: 1 | -1): void {
  const from = document.activeElement ?? document.body;
  const side = by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')].filter(
    (row) => (from.compareDocumentPosition(row) & side) !== 0,
  );
  const next = by > 0 ? rows[0] : rows.at(-1);
  // A row of a folded group can't have the focus.
  const folded = next?.closest<HTMLDetailsElement>('details:not([open])');
  if (folded) folded.open = true;
  next?.focus();
}
