/** A host of the package, with its own OpenTelemetry SDK and schema: its spans are around the gateway's, and both schemas work together. */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import Fastify from 'fastify';
import { GraphQLObjectType, GraphQLSchema, GraphQLString, printSchema } from 'graphql';
import stepgate from 'stepgate';

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register({
  contextManager: new AsyncLocalStorageContextManager(),
});

const app = Fastify();
app.addHook('onRequest', (_request, reply, done) => {
  const span = trace.getTracer('host').startSpan('request of the host');
  reply.raw.once('close', () => {
    span.end();
  });
  context.with(trace.setSpan(context.active(), span), done);
});
await app.register(stepgate, { prefix: '/workflows', logLevel: 'silent', corsOrigins: undefined });
const url = await app.listen({ port: 0, host: '127.0.0.1' });
const answer = await fetch(`${url}/workflows/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
  body: JSON.stringify({ query: 'query Status { run(workflowId: "support-triage", id: "run-4711") { status } }' }),
});
const text = await answer.text();

// A second copy would reject types of the other: "from another module or realm".
const run = app.stepgate.schema.getType('Run');
if (!(run instanceof GraphQLObjectType)) throw new Error("Run must be a type of the host's own graphql");
const fields = { run: { type: run }, name: { type: GraphQLString } };
printSchema(new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) }));

await app.close();
const spans = exporter.getFinishedSpans();
const host = spans.find(({ name }) => name === 'request of the host');
const own = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === host?.spanContext().spanId);
if (!host || own.length !== 1) {
  throw new Error(
    `one span of the gateway must have the host's as its parent, got ${spans.map(({ name }) => name).join()}: ${text}`,
  );
}
console.log(`the host's span is the parent of "${own[0]?.name ?? ''}", and its schema has types of the gateway`);
