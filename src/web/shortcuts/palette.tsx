/** Search dialog: opens a workflow, a run or a pasted link, or runs an action of the masthead. */
import { useState } from 'react';
import { Dialog } from '../shell/dialog.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { PaletteField } from './palette-field.tsx';
import type { PaletteSearchProps } from './palette-search.tsx';

/** The field is there at once: what the user types while the search loads isn't lost. */
const PaletteSearch = lazyPart(
  () => import('./palette-search.tsx'),
  'the search',
  ({ text, onText }: PaletteSearchProps) => (
    <PaletteField value={text} onChange={({ target }) => onText(target.value)} />
  ),
);

export function Palette(props: Pick<PaletteSearchProps, 'onClose' | 'onHelp'>) {
  const [text, setText] = useState('');
  return (
    <Dialog label="Search" onClose={props.onClose}>
      <PaletteSearch {...props} text={text} onText={setText} />
    </Dialog>
  );
}
