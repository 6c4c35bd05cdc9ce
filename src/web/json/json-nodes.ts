/** JSON value as a lazy tree: a value of five megabytes costs nothing until nodes are expanded. */
import { parseExactJson } from './exact-json.ts';

export interface JsonNode {
  /** Key or index; `100 … 199` for a part of a long list; empty for the root. */
  readonly label: string;
  readonly value: unknown;
  readonly children: () => readonly JsonNode[];
  readonly childCount: number;
  readonly isPart: boolean;
  /** Whether it is a string that contains JSON, which can be expanded. */
  readonly isText: boolean;
}

/** Ids consist of keys: the nodes of a growing value keep their ids. */
export interface JsonNodes {
  /** Returns an empty node for an unknown id. */
  readonly node: (id: string) => JsonNode;
  readonly has: (id: string) => boolean;
  readonly children: (id: string) => string[];
}

/** A longer list is split into parts: it may have a hundred thousand entries. */
const LONGEST_LIST = 100;

export const ROOT = 'root';

export function createJsonNodes(value: unknown): JsonNodes {
  const nodes = new Map<string, JsonNode>([[ROOT, nodeOf('', value)]]);
  const listed = new Map<string, string[]>();

  return {
    node: (id) => nodes.get(id) ?? nodeOf('', undefined),
    has: (id) => nodes.has(id),
    children(id) {
      const known = listed.get(id);
      if (known) return known;
      const ids = (nodes.get(id)?.children() ?? []).map((child) => {
        const childId = `${id}/${JSON.stringify(child.label)}`;
        nodes.set(childId, child);
        return childId;
      });
      listed.set(id, ids);
      return ids;
    },
  };
}

/** Enough to step through. */
const MOST_FOUND = 1000;

/** Nodes whose key or value contains the string, in order: the ids of each and of its ancestors, outermost first. */
export function findText(nodes: JsonNodes, text: string): (readonly string[])[] {
  const wanted = text.toLowerCase();
  const found: (readonly string[])[] = [];
  const has = (value: unknown): boolean => String(value).toLowerCase().includes(wanted);
  const visit = (path: readonly string[]): void => {
    for (const id of nodes.children(path.at(-1) ?? ROOT)) {
      if (found.length === MOST_FOUND) return;
      const { label, value, childCount, isPart } = nodes.node(id);
      const inner = [...path, id];
      if (!isPart && (has(label) || (childCount === 0 && has(value)))) found.push(inner);
      if (childCount > 0) visit(inner);
    }
  };
  visit([ROOT]);
  return found;
}

type Entry = readonly [label: string, value: unknown];

function nodeOf(label: string, value: unknown): JsonNode {
  const inner = typeof value === 'string' ? jsonIn(value) : null;
  const held = inner ?? value;
  const isText = inner !== null;
  return { label, value, childCount: countOf(held), isPart: false, isText, children: () => listOf(entriesOf(held), 0) };
}

/** Longer strings are not parsed: a list may have a hundred of them. */
const LONGEST_JSON_TEXT = 50_000;

/** The object or list in a JSON string; `null` for any other string. */
function jsonIn(text: string): object | null {
  if (text.length > LONGEST_JSON_TEXT || !/^\s*[[{]/.test(text)) return null;
  try {
    const value = parseExactJson(text, String);
    return typeof value === 'object' && countOf(value) > 0 ? value : null;
  } catch {
    return null;
  }
}

function listOf(entries: readonly Entry[], first: number): JsonNode[] {
  if (entries.length <= LONGEST_LIST) return entries.map(([label, value]) => nodeOf(label, value));
  let size = LONGEST_LIST;
  while (entries.length / size > LONGEST_LIST) size *= LONGEST_LIST;
  return Array.from({ length: Math.ceil(entries.length / size) }, (_, index) => {
    const part = entries.slice(index * size, (index + 1) * size);
    const from = first + index * size;
    return {
      label: `${from} … ${from + part.length - 1}`,
      value: undefined,
      childCount: part.length,
      isPart: true,
      isText: false,
      children: () => listOf(part, from),
    };
  });
}

function countOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function entriesOf(value: unknown): Entry[] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [String(index), item]);
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** Enough for a row; the selected row shows the whole value. */
const LONGEST_TEXT = 160;

export function previewOf({ value, childCount, isPart }: JsonNode): string {
  if (isPart) return `${childCount} entries`;
  if (Array.isArray(value)) return childCount === 0 ? '[]' : `[${childCount}]`;
  if (typeof value === 'object' && value !== null) return childCount === 0 ? '{}' : `{${childCount}}`;
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value);
}

export function kindOf({ value, isPart }: JsonNode): string {
  if (value === null) return 'null';
  return isPart || typeof value === 'object' ? 'preview' : typeof value;
}
