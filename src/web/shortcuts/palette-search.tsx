/** Field and results of the search dialog. */
import { useCombobox } from 'downshift';
import { useNavigate } from 'react-router';
import { messageOf } from '../live/errors.ts';
import { countOf } from '../format/numbers.ts';
import { useFailureLines } from '../run-list/failures.tsx';
import { Ago } from '../time/time.tsx';
import { usePaletteItems, type PaletteItem } from './palette-items.ts';
import { PaletteField } from './palette-field.tsx';

export interface PaletteSearchProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onClose: () => void;
  readonly onHelp: () => void;
}

const { InputBlur, InputKeyDownEnter, MenuMouseLeave } = useCombobox.stateChangeTypes;

export default function PaletteSearch({ text, onText, onClose, onHelp }: PaletteSearchProps) {
  const navigate = useNavigate();
  const { items, isSearching, runsExamined, error } = usePaletteItems(text, onHelp);

  const failureOf = useFailureLines(items.flatMap(({ run }) => run ?? []));

  function choose(item: PaletteItem): void {
    if ('to' in item) {
      onClose();
      void navigate(item.to);
    } else {
      item.act();
    }
  }

  const { getInputProps, getMenuProps, getItemProps, highlightedIndex } = useCombobox<PaletteItem>({
    items: [...items],
    itemToKey: (item) => item?.key,
    itemToString: (item) => item?.label ?? '',
    isOpen: true,
    selectedItem: null,
    inputValue: text,
    initialHighlightedIndex: 0,
    defaultHighlightedIndex: 0,
    stateReducer: (state, { type, changes }) => {
      // Leaving the field must not select an item: Esc also leaves it.
      const isLeft = type === InputBlur || type === MenuMouseLeave;
      // Enter before anything is found would leave all later results without a highlight.
      const isEarly = type === InputKeyDownEnter && !changes.selectedItem;
      return isLeft || isEarly ? state : changes;
    },
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem) choose(selectedItem);
    },
  });

  return (
    <>
      <PaletteField
        {...getInputProps({
          'aria-label': 'Search',
          // Not `onInputValueChange`: it comes a moment later, and letters typed meanwhile would be lost.
          onChange: ({ currentTarget }) => onText(currentTarget.value),
          onKeyDown: ({ key, nativeEvent }) => {
            // Esc closes the dialog.
            if (key === 'Escape') Object.assign(nativeEvent, { preventDownshiftDefault: true });
          },
        })}
      />
      <ul {...getMenuProps({ 'aria-label': 'Found' })} className="palette-items">
        {items.map((item, index) => (
          <li key={item.key} {...getItemProps({ item, index })} data-active={index === highlightedIndex || undefined}>
            <item.icon />
            <bdi className={item.isId === true ? 'mono ellipsis' : 'ellipsis'}>{item.label}</bdi>
            <span className="muted small ellipsis" dir="auto">
              {item.hint}
              {item.run && (
                <>
                  {' · '}
                  <Ago at={item.run.startedAt} />
                  {item.matchedIn != null && item.matchedIn !== 'id' && ` · found in ${item.matchedIn}`}
                </>
              )}
            </span>
            {item.run?.status === 'FAILED' && <span className="why small ellipsis">{failureOf(item.run)}</span>}
          </li>
        ))}
      </ul>
      <p className="palette-state muted small" role="status">
        {isSearching ? 'Searching…' : (items.length === 0 ? nothingFound(error) : '') + searchedOf(runsExamined)}
      </p>
    </>
  );
}

const nothingFound = (error: Error | undefined): string =>
  error ? `Nothing found, but not everything could be searched: ${messageOf(error)}` : 'Nothing found.';

const searchedOf = (runsExamined: number | null): string =>
  runsExamined === null ? '' : ` ${countOf(runsExamined, 'run')} searched: ids, inputs and errors.`;
