import { inFile, type Equivalent } from './equivalent.ts';

const FROM_A_PARSER =
  'The parser always makes this list. The types allow that there is none, for trees that are made by hand.';

const FOUND_VALID = 'The operation was found valid. The types can not tell that.';
const HAS_ERRORS = 'Where nothing was executed there are errors. The types can not tell that.';
const MADE_OF_AN_OBJECT = 'What is made of an object is an object. The types can not tell that.';
const WITHOUT_ARGUMENTS = 'Of a field without arguments there is nothing to read. Not to look saves time.';
const A_BUFFER = 'A Buffer, of which the parser of JSON makes the same text.';
const HAS_AN_END = 'Each of these sources can be ended. The type of iterators can not tell that.';
const WHERE_IT_STANDS = 'Nobody asks where in the text a field stands.';
const IN_PARTS = 'Nobody asks for an answer in parts. The types allow it.';
const ORDERED = "const selected = selectSteps(steps, filter, orderBy && { direction: 'ASC', ...orderBy });";
const TO_DEBUG = 'A text for whoever debugs: the transports send the errors.';
const WITH_STEPS = 'What is neither the record alone nor the graph is the steps.';
const PAST_APOLLO = 'Apollo says the same of an operation each time. To go past it saves time.';
const SAVES_TIME = 'What is found once is found again. To keep it saves time.';
const LEAST = 'What is no requirement is less than the least, too.';

export const GRAPHQL: readonly Equivalent[] = [
  {
    file: 'graphql/operations/limits.ts',
    line: 'const own = definition.directives?.length ?? 0;',
    replacement: 'definition.directives.length',
    reason: FROM_A_PARSER,
  },
  {
    file: 'graphql/operations/limits.ts',
    line: 'const directives = selection.directives?.length ?? 0;',
    replacement: 'selection.directives.length',
    reason: FROM_A_PARSER,
  },
  {
    file: 'graphql/operations/error-formatting.ts',
    line: 'if (!record.isAbandoned) for (const { extensions } of errors) recordErrorCode(record, String(extensions?.code));',
    replacement: 'extensions.code',
    reason: 'Both callers give each error extensions. The type of GraphQL allows none.',
  },
  ...inFile('graphql/subscriptions/live-events.ts', [
    ["super(errors.map(({ message }) => message).join('; '));", '() => undefined', TO_DEBUG],
    ["super(errors.map(({ message }) => message).join('; '));", '""', TO_DEBUG],
  ]),
  ...inFile('graphql/operations/answer-size.ts', [
    ['if (!ESCAPED.test(text)) return Buffer.byteLength(text) + 2;', 'false', SAVES_TIME],
    [
      'else if ((text.codePointAt(at) ?? 0) > 0xffff) {',
      '(text.codePointAt(at) ?? 0) >= 0xffff',
      'Asked of surrogates alone, and a half of a pair is less.',
    ],
  ]),
  ...inFile('graphql/operations/executor.ts', [
    [
      'if (result.data === undefined) return errorAnswer(errors.format(result.errors ?? [], record), 400);',
      '["Stryker was here"]',
      HAS_ERRORS,
    ],
    [
      'if (isResult(source)) return errorAnswer(errors.format(source.errors ?? [], record), 400);',
      '["Stryker was here"]',
      HAS_ERRORS,
    ],
    [
      'if (compiled) return compiled.execute(context, variables ?? {});',
      'false',
      'A compiled query answers as graphql-js does, and sooner.',
    ],
  ]),
  ...inFile('graphql/operations/operation-pipeline.ts', [
    ['known && !hasPlugins', 'false', PAST_APOLLO],
    [
      'const executed: { document: PreparedDocument | null; outcome: Outcome | null } = { document: null, outcome: null };',
      '{}',
      'Undefined is nothing, too.',
    ],
    ['} catch {', '{}', 'Undefined is nothing, too.'],
    ['...(data !== undefined && { data }),', 'true', 'What is undefined is left out where it is written as JSON.'],
  ]),
  ...inFile('graphql/fields/given-arguments.ts', [
    [
      'const given = node.arguments?.find((argument) => argument.name.value === name)?.value;',
      'node.arguments.find',
      FROM_A_PARSER,
    ],
    [
      'return value === undefined ? field.args.find((argument) => argument.name === name)?.defaultValue : value;',
      'field.args.find(argument => argument.name === name).defaultValue',
      'The entry of a field asks for arguments that the field has.',
    ],
    [
      'if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return false;',
      'false',
      'A visit of any other value finds no variable either.',
    ],
  ]),
  {
    file: 'graphql/operations/shared-operations.ts',
    line: "const NOBODY = '';",
    replacement: '"Stryker was here!"',
    reason: 'Sealed and opened for the same name.',
  },
  ...inFile('graphql/fields/data-requirements.ts', [
    ['if (known) return known;', 'false', SAVES_TIME],
    ['computed.set(node, requirement);', ';', SAVES_TIME],
    ["let requirement: DataRequirement = 'RECORD';", '""', LEAST],
    ["if (field) requirement = greater(requirement, entryOf(field).requirement ?? 'RECORD');", '""', LEAST],
    ["fieldNodes.map((node) => requirementOf(node, fragments)).reduce(greater, 'RECORD');", '""', LEAST],
    [
      'DATA_REQUIREMENTS.indexOf(one) > DATA_REQUIREMENTS.indexOf(other) ? one : other;',
      'DATA_REQUIREMENTS.indexOf(one) >= DATA_REQUIREMENTS.indexOf(other)',
      'Of two that are the same.',
    ],
  ]),
  {
    file: 'graphql/operations/rate-limit.ts',
    line: 'const isAllowed = owedMs + takesMs <= MINUTE_MS + TOLERANCE_MS;',
    replacement: 'owedMs + intervalMs < MINUTE_MS + TOLERANCE_MS',
    reason: 'What is rounded off is far less than the tolerance, and never just as much.',
  },
  {
    file: 'graphql/operations/documents.ts',
    line: "const key = operationName ?? '';",
    replacement: '"Stryker was here!"',
    reason: 'No name of an operation either.',
  },
  {
    file: 'graphql/operations/manifests.ts',
    line: "text = readFileSync(path, 'utf8');",
    replacement: '""',
    reason: A_BUFFER,
  },
  ...inFile('graphql/operations/cost.ts', [
    [
      '(set?.selections ?? []).map((selection) => ofSelection(selection, parent)).reduce(add, NOTHING);',
      'set.selections',
      FOUND_VALID,
    ],
    [
      '(set?.selections ?? []).map((selection) => ofSelection(selection, parent)).reduce(add, NOTHING);',
      '["Stryker was here"]',
      FOUND_VALID,
    ],
    ['const type = typeOf(fragment?.typeCondition);', 'fragment.typeCondition', FOUND_VALID],
    ['const sum = type ? ofSet(fragment?.selectionSet, type) : NOTHING;', 'fragment.selectionSet', FOUND_VALID],
    [
      'function withDefaults({ variableDefinitions = [] }: OperationDefinitionNode, given: Variables): Variables {',
      '["Stryker was here"]',
      FROM_A_PARSER,
    ],
  ]),
  ...inFile('graphql/compiled/compiled-query-document.ts', [
    ['if (selection.directives?.length) return false;', 'selection.directives.length', FROM_A_PARSER],
    ['return fragment !== undefined && isCompilable(fragment.selectionSet);', 'true', FOUND_VALID],
  ]),
  ...inFile('graphql/compiled/compiled-query.ts', [
    ['const { variableDefinitions = [] } = operation;', '["Stryker was here"]', FROM_A_PARSER],
    ['disablingCapturingStackErrors: true,', 'false', 'Nobody reads these stacks. To take none saves time.'],
    ['if (!isCompiledQuery(compiled)) return null;', 'false', FOUND_VALID],
    [
      'const { coerced } = getVariableValues(schema, variableDefinitions, variables, {',
      '{}',
      'That there is an error is all that counts. To stop at the first saves time.',
    ],
  ]),
  ...inFile('graphql/compiled/compiled-query-schema.ts', [
    ['throw new Error(`expected an object type for ${type.name}`);', ';', MADE_OF_AN_OBJECT],
    ['if (isObjectType(made)) return made;', 'true', MADE_OF_AN_OBJECT],
    ['if (!node || field.args.length === 0) return NO_ARGUMENTS;', 'false', WITHOUT_ARGUMENTS],
    [
      'if (!node || field.args.length === 0) return NO_ARGUMENTS;',
      '!node && field.args.length === 0',
      WITHOUT_ARGUMENTS,
    ],
    ['const readsInfo = resolve.length > 3;', 'true', 'Most resolvers read no info. To make none saves time.'],
    [
      'const readsInfo = resolve.length > 3;',
      'resolve.length >= 3',
      'Most resolvers read no info. To make none saves time.',
    ],
    ['} catch {', '{}', 'Undefined is nothing, too.'],
  ]),
  ...inFile('graphql/price-file.ts', [
    ["text = readFileSync(path, 'utf8');", '""', A_BUFFER],
    [
      'const LONG_INPUT = /^(.+)_above_(\\d{1,6})k_tokens$/;',
      '/(.+)_above_(\\d{1,6})k_tokens$/',
      'It begins with anything.',
    ],
  ]),
  {
    file: 'graphql/lists/connections.ts',
    line: 'return entries.slice(0, count).map(({ workflowId, startMicros, position }) => {',
    replacement: 'entries',
    reason: 'Of more than one, the others are left aside. To make none saves time.',
  },
  ...inFile('graphql/subscriptions/authorized-events.ts', [
    [
      'if (!isOver && now() >= caller.verifiedUntilMs) await check();',
      'true',
      'Who need not be verified yet is not. To look for it there, too, sets the timer once more.',
    ],
  ]),
  ...inFile('graphql/subscriptions/run-events.ts', [
    ['end: () => snapshots.return?.(),', 'snapshots.return()', HAS_AN_END],
  ]),
  ...inFile('graphql/subscriptions/error-path.ts', [['end: () => source.return?.(),', 'source.return()', HAS_AN_END]]),
  ...inFile('graphql/subscriptions/once-listed.ts', [
    ['await source.return?.();', 'source.return()', HAS_AN_END],
    ['await source?.return?.();', 'source?.return()', HAS_AN_END],
  ]),
  ...inFile('graphql/fields/counted-lists.ts', [['weights.set(node, weight);', ';', SAVES_TIME]]),
  ...inFile('graphql/fields/int-fields.ts', [
    [
      'if (count === null || fitsInt(count)) return count;',
      'false',
      'Null counts as 0 there. The types can not tell that.',
    ],
  ]),
  ...inFile('graphql/extension/extension-sdl.ts', [
    [
      'if (definition.interfaces?.length) throw problem(`${definition.name.value} has an interface`);',
      'definition.interfaces.length',
      FROM_A_PARSER,
    ],
    [
      'return [{ name: definition.name.value, isOfContract: true, fields: definition.fields ?? [] }];',
      '["Stryker was here"]',
      FROM_A_PARSER,
    ],
    [
      'return [{ name: definition.name.value, isOfContract: false, fields: definition.fields ?? [] }];',
      '["Stryker was here"]',
      FROM_A_PARSER,
    ],
    ['return parse(typeDefs, { noLocation: true }).definitions;', '{}', WHERE_IT_STANDS],
    ['return parse(typeDefs, { noLocation: true }).definitions;', 'false', WHERE_IT_STANDS],
  ]),
  ...inFile('graphql/extension/extension-fields.ts', [
    [
      "...(name === 'Run' && { requirement: withTimes(requirement) }),",
      'true',
      'Of any other type nobody asks for it.',
    ],
  ]),
  ...inFile('graphql/reading-turns.ts', [
    ['if (first?.() === false) waiting.shift();', 'first()', 'Somebody waits. The types can not tell that.'],
    ['if (waiting.size === 0) queue(readTurn);', 'true', 'Turns in which nothing is left to read.'],
  ]),
  ...inFile('graphql/context.ts', [
    ['error === null ? null : errorInfos(error, () => errorInfo(error)),', 'false', SAVES_TIME],
  ]),
  ...inFile('graphql/apollo/apollo.ts', [
    ['persistedQueries: false,', 'true', 'It is shown no extensions, and so no registered operation.'],
    [
      "const httpGraphQLRequest = { method: 'GET', headers, search: '', body: undefined };",
      '"Stryker was here!"',
      'The page is the same whatever is searched for.',
    ],
    [
      "const context = () => Promise.reject(new Error('the landing page executes nothing'));",
      '() => undefined',
      'It is never called.',
    ],
    ["return body.kind === 'complete' ? body.string : null;", 'true', IN_PARTS],
    ["return body.kind === 'single' ? (body.singleResult.errors ?? []) : [];", 'true', IN_PARTS],
    ["return body.kind === 'single' ? (body.singleResult.errors ?? []) : [];", '["Stryker was here"]', IN_PARTS],
    [
      "callback({ apiSchema: schema, coreSupergraphSdl: '' });",
      '"Stryker was here!"',
      'It is for plugins of Apollo that are off.',
    ],
    ['stop: () => Promise.resolve(),', '() => undefined', 'Nothing is to be waited for.'],
  ]),
  ...inFile('graphql/resolvers/run.ts', [
    [ORDERED, '""', 'The schema has this default. The types can not tell that.'],
    [
      ORDERED,
      "orderBy || {\n  direction: 'ASC',\n  ...orderBy\n}",
      'Without an order they stand by their start, upwards.',
    ],
  ]),
  ...inFile('graphql/subscriptions/live-execution.ts', [
    ['await source.return?.();', 'source.return()', HAS_AN_END],
    ["return hash('sha256', text, 'base64url');", '""', 'Another name of it, the same each time.'],
  ]),
  ...inFile('graphql/federation/subgraph.ts', [
    ["const run = runs().load({ workflowId, runId: named.runId }, 'STEPS');", '""', WITH_STEPS],
  ]),
  ...inFile('graphql/graphql.ts', [
    ['hasPlugins: plugins.length > 0,', 'true', PAST_APOLLO],
    ['hasPlugins: plugins.length > 0,', 'plugins.length >= 0', PAST_APOLLO],
  ]),
  ...inFile('graphql/fields/guarded-fields.ts', [
    [
      'const mayFail = (item: unknown): boolean => item instanceof Error || item instanceof Promise;',
      'true',
      'A list without such items is the same when it was gone through. It saves time.',
    ],
  ]),
];
