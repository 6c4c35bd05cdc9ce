/** Code that is not mutated, each part with its reason. */
import type { types } from '@babel/core';

/** A string for people: two words at least. Names and codes don't contain spaces, and are mutated. */
const isText = (text: string): boolean => /[\p{L}'’",.:;)] +[\p{L}'"(]/u.test(text);

const CONSTANT = /^[A-Z][A-Z\d_]*$/;

function reasonOf(node: types.Node): string | undefined {
  if (isLogLine(node)) return 'a log line: people read it, nothing depends on it';
  if (node.type === 'StringLiteral' && isText(node.value)) return 'a text for people';
  if (node.type === 'TemplateLiteral' && isText(node.quasis.map(({ value }) => value.raw).join('x'))) {
    return 'a text for people';
  }
  if (node.type === 'VariableDeclarator' && isTuning(node)) return 'a constant that is tuning: its value is a choice';
  return undefined;
}

function isLogLine(node: types.Node): boolean {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false;
  const { object, property } = node.callee;
  const isLogger = object.type === 'Identifier' && /^(?:logger|log)$/.test(object.name);
  return isLogger && property.type === 'Identifier' && /^(?:debug|info|warn|error)$/.test(property.name);
}

const isTuning = ({ id, init }: types.VariableDeclarator): boolean =>
  id.type === 'Identifier' && CONSTANT.test(id.name) && init != null && isArithmetic(init);

const isArithmetic = (node: types.Node): boolean =>
  node.type === 'NumericLiteral' ||
  (node.type === 'UnaryExpression' && isArithmetic(node.argument)) ||
  (node.type === 'BinaryExpression' && isArithmetic(node.left) && isArithmetic(node.right));

/** For Stryker's instrumenter. */
export const ignorer = {
  shouldIgnore: (path: { readonly node: types.Node }): string | undefined => reasonOf(path.node),
};
