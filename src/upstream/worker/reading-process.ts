/**
 * The process that reads large responses and payloads. It parses one body, answers the questions about it, and drops
 * it.
 */
import { createStatusOf } from '../../domain/status.ts';
import { readAnswer, sentValue } from '../reading.ts';
import { parseBody } from '../transport/json-body.ts';
import { createDeviations } from '../wire/deviations.ts';
import {
  resultOf,
  type AnswerRead,
  type AnswerRequest,
  type ReadResult,
  type PayloadReply,
  type PayloadRequest,
} from './messages.ts';
import { answerTo, ParsedPayloads } from './questions.ts';

function readPayloads({ body, questions, room }: PayloadRequest): PayloadReply {
  const payloads = new ParsedPayloads(body);
  return questions.map((asked) => resultOf(() => answerTo(payloads, asked, room)));
}

const readOne = ({ body, reading, redaction, statusWords }: AnswerRequest): ReadResult<AnswerRead> =>
  resultOf(() => {
    const deviations = createDeviations();
    const original = parseBody(Buffer.from(body.buffer, body.byteOffset, body.length));
    const { value, json } = readAnswer(original, reading, redaction, createStatusOf(statusWords), deviations.add);
    const kept = json.bytes === original.bytes ? null : json.bytes;
    return { value: sentValue(reading, value, json), kept, deviations: deviations.found() };
  });

// Signals to the whole process group are for the gateway, which ends this process once its last response is written.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('message', (request: PayloadRequest | AnswerRequest) => {
  // Otherwise, the garbage of one body would still be there when the next one is parsed: 50 MB more.
  process.send?.('questions' in request ? readPayloads(request) : readOne(request), () => globalThis.gc?.());
});
