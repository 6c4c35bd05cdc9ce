/** Search dialog: opens a workflow, a run or a pasted link, or runs an action of the masthead. */
import { useState } from 'react';
import { useCombobox } from 'downshift';
import { useNavigate } from 'react-router';
import { Dialog } from '../shell/dialog.tsx';
import { messageOf } from '../shell/notices.tsx';
import { usePaletteItems, type PaletteItem } from './palette-items.ts';
import './palette.css';

export interface PaletteProps {
  readonly onClose: () => void;
  readonly onHelp: () => void;
}

export default function Palette(props: PaletteProps) {
  return (
    <Dialog label="Search" onClose={props.onClose}>
      <Search {...props} />
    </Dialog>
  );
}

const { InputBlur, MenuMouseLeave } = useCombobox.stateChangeTypes;

function Search({ onClose, onHelp }: PaletteProps) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const { items, isSearching, error } = usePaletteItems(text, onHelp);

  function choose(item: PaletteItem): void {
    if ('to' in item) {
      onClose();
      void navigate(item.to);
    } else {
      item.run();
    }
  }

  const { getInputProps, getLabelProps, getMenuProps, getItemProps, highlightedIndex } = useCombobox<PaletteItem>({
    items: [...items],
    itemToKey: (item) => item?.key,
    itemToString: (item) => item?.label ?? '',
    isOpen: true,
    selectedItem: null,
    inputValue: text,
    initialHighlightedIndex: 0,
    defaultHighlightedIndex: 0,
    // Leaving the field must not select an item: Esc also leaves it.
    stateReducer: (state, { type, changes }) => (type === InputBlur || type === MenuMouseLeave ? state : changes),
    onInputValueChange: ({ inputValue }) => {
      setText(inputValue);
    },
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem) choose(selectedItem);
    },
  });

  return (
    <>
      <div className="palette-field">
        <label {...getLabelProps()} className="visually-hidden">
          Search
        </label>
        <input
          {...getInputProps({
            onKeyDown: ({ key, nativeEvent }) => {
              // Esc closes the dialog.
              if (key === 'Escape') Object.assign(nativeEvent, { preventDownshiftDefault: true });
            },
          })}
          autoFocus
          placeholder="Workflow, run id, or a pasted link"
          autoComplete="off"
          spellCheck={false}
        />
      </div>
      <ul {...getMenuProps()} className="palette-items">
        {items.map((item, index) => (
          <li key={item.key} {...getItemProps({ item, index })} data-active={index === highlightedIndex || undefined}>
            <item.icon aria-hidden="true" />
            <bdi className={item.isId === true ? 'label mono' : 'label'}>{item.label}</bdi>
            <span className="hint" dir="auto">
              {item.hint}
            </span>
          </li>
        ))}
      </ul>
      <p className="palette-state muted" role="status">
        {isSearching ? 'Searching…' : items.length === 0 ? nothingFound(error) : ''}
      </p>
    </>
  );
}

const nothingFound = (error: Error | undefined): string =>
  error ? `Nothing found, but not everything could be searched: ${messageOf(error)}` : 'Nothing found';
