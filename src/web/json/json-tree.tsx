/** JSON as an expandable tree with keyboard navigation. Only visible rows are rendered. */
import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { hotkeysCoreFeature, syncDataLoaderFeature, type ItemInstance } from '@headless-tree/core';
import { useTree } from '@headless-tree/react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { SearchField } from '../controls/search-field.tsx';
import { formatCount } from '../format/numbers.ts';
import { ChevronDown, ChevronRight } from '../shell/icons.tsx';
import { createJsonNodes, findText, kindOf, previewOf, ROOT, type JsonNode, type JsonNodes } from './json-nodes.ts';

const ROW_PX = 22;
const INDENT_PX = 14;
/** Nodes are expanded at first up to this number of rows. */
const OPENED_ROWS = 40;
const LONGEST_WHOLE_TEXT = 100_000;

export default function JsonTree({ value }: { readonly value: unknown }) {
  const nodes = useMemo(() => createJsonNodes(value), [value]);
  if (nodes.node(ROOT).childCount === 0) return <WholeText value={value} />;
  return <Tree nodes={nodes} />;
}

function Tree({ nodes }: { readonly nodes: JsonNodes }) {
  const scroll = useRef<HTMLDivElement>(null);
  const tree = useTree<JsonNode>({
    rootItemId: ROOT,
    getItemName: (item) => item.getItemData().label,
    isItemFolder: (item) => item.getItemData().childCount > 0,
    dataLoader: { getItem: nodes.node, getChildren: nodes.children },
    initialState: { expandedItems: openedAtFirst(nodes) },
    features: [syncDataLoaderFeature, hotkeysCoreFeature],
    scrollToItem: (item) => rows.scrollToIndex(item.getItemMeta().index),
  });
  // The library reads the value only once: a changed value would still show its first rows.
  useLayoutEffect(() => tree.rebuildTree(), [nodes, tree]);
  const items = tree.getItems();
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const { focusedItem } = tree.getState();
  const chosen = focusedItem === null ? undefined : nodes.node(focusedItem).value;
  useEffect(() => {
    // The arrow keys start from the focused row, which may be missing from a smaller value.
    if (focusedItem !== null && !nodes.has(focusedItem)) tree.getItems()[0]?.setFocused();
  }, [focusedItem, nodes, tree]);

  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo(() => (text === '' ? [] : findText(nodes, text)), [nodes, text]);
  const shownId = found[at]?.at(-1);

  function show(index: number, paths = found): void {
    setAt(index);
    const path = paths[index] ?? [];
    for (const id of path.slice(0, -1)) tree.getItemInstance(id).expand();
  }

  const showNext = () => show((at + 1) % found.length);

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    if (found.length > 0) showNext();
  }

  // Its position is known only once all of its ancestors are expanded.
  const scrollTo = useEffectEvent((id: string) => {
    const index = tree.getItems().findIndex((item) => item.getId() === id);
    if (index >= 0) rows.scrollToIndex(index, { align: 'center' });
  });
  useEffect(() => {
    if (shownId !== undefined) scrollTo(shownId);
  }, [shownId]);

  return (
    <>
      {/* Not a form: it may be inside one. */}
      <div className="toolbar json-search" role="search" onKeyDown={onKeyDown}>
        <SearchField
          label="Search keys and values"
          placeholder="Search keys and values"
          value={text}
          onChange={(typed) => {
            setText(typed);
            show(0, typed === '' ? [] : findText(nodes, typed));
          }}
        />
        {text !== '' && (
          <span className="muted" role="status">
            {found.length === 0 ? 'none' : `${formatCount(at + 1)} of ${formatCount(found.length)}`}
          </span>
        )}
        {found.length > 1 && (
          <button type="button" onClick={showNext}>
            Next
          </button>
        )}
      </div>
      <div ref={scroll} className="json-tree text-box">
        <div {...tree.getContainerProps('JSON')} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start, key }) => {
            const item = items[index];
            return item && <Row key={key} item={item} top={start} isFound={item.getId() === shownId} />;
          })}
        </div>
      </div>
      {typeof chosen === 'string' && chosen.length > 60 && <WholeText value={chosen} />}
    </>
  );
}

interface RowProps {
  readonly item: ItemInstance<JsonNode>;
  readonly top: number;
  /** Whether the search found the row. */
  readonly isFound: boolean;
}

function Row({ item, top, isFound }: RowProps) {
  const node = item.getItemData();
  const Twisty = item.isExpanded() ? ChevronDown : ChevronRight;
  return (
    <div
      {...item.getProps()}
      // The row says more than the key, which is the library's label.
      aria-label={undefined}
      className={isFound ? 'json-row focus-inside is-found' : 'json-row focus-inside'}
      style={{ top, paddingLeft: 6 + item.getItemMeta().level * INDENT_PX }}
    >
      <span className="twisty">{item.isFolder() && <Twisty aria-hidden="true" width={14} height={14} />}</span>
      <span className="key">{node.label}:</span>
      {node.isText && <span className="tag">JSON</span>}
      <span className={`preview ellipsis ${kindOf(node)}`}>{previewOf(node)}</span>
    </div>
  );
}

function WholeText({ value }: { readonly value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <pre className="json-text text-box" tabIndex={0} aria-label="The whole value">
      {text.slice(0, LONGEST_WHOLE_TEXT)}
      {text.length > LONGEST_WHOLE_TEXT &&
        `\n… ${formatCount(text.length)} characters in all: download it for the rest`}
    </pre>
  );
}

function openedAtFirst(nodes: JsonNodes): string[] {
  const opened: string[] = [ROOT];
  let rows = nodes.node(ROOT).childCount;
  for (const id of opened) {
    for (const child of nodes.children(id)) {
      const { childCount, isText } = nodes.node(child);
      if (childCount === 0 || isText || rows + childCount > OPENED_ROWS) continue;
      rows += childCount;
      opened.push(child);
    }
  }
  return opened;
}
