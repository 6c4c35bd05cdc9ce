/** Field of the search dialog. */
import type { ComponentProps } from 'react';
import './palette.css';

export const PaletteField = (props: ComponentProps<'input'>) => (
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
