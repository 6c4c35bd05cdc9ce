/** Field of the search dialog. */
import type { ComponentProps } from 'react';

export function PaletteField(props: ComponentProps<'input'>) {
  return (
    <div className="palette-field">
      <input
        {...props}
        aria-label="Search"
        autoFocus
        placeholder="Order number, run id, workflow, or a pasted link"
        autoComplete="off"
        spellCheck={false}
      />
    </div>
  );
}
