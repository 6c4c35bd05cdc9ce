/** Two parallel models, a validation that may fail the run, and a branch whose nodes run only if it is taken. */
import type { WorkflowDefinition } from '../definition.ts';

export const invoiceExtraction: WorkflowDefinition = {
  id: 'invoice-extraction',
  name: 'Invoice extraction',
  description: 'Reads a scanned invoice, checks that it adds up, and posts it to the ERP or hands it to a person.',
  version: '2.3.0',
  isPublic: false,
  createdBy: 'user-grace',
  createdAt: '2025-06-03T08:14:31.902117Z',
  updatedAt: '2026-09-17T09:40:12.550936Z',
  entry: 'fetch_document',
  finish: 'notify',
  untakenNodesAre: 'absent',
  edges: [
    ['fetch_document', 'ocr'],
    ['ocr', 'extract_header'],
    ['ocr', 'extract_lines'],
    ['extract_header', 'validate'],
    ['extract_lines', 'validate'],
    ['validate', 'decide'],
    ['decide', 'post_to_erp'],
    ['decide', 'review_queue'],
    ['post_to_erp', 'notify'],
    ['review_queue', 'notify'],
  ],
  nodes: [
    {
      id: 'fetch_document',
      type: 'integration',
      description: 'Object storage: reads the scan',
      seconds: [0.4, 0.9],
      answer: (random) => ({ content_type: 'application/pdf', bytes: random.integer(90_000, 900_000), pages: 2 }),
    },
    {
      id: 'ocr',
      type: 'code',
      description: 'Turns the scan into text',
      seconds: [1.8, 3],
      answer: (random) => ({ pages: 2, words: random.integer(210, 640), confidence: random.integer(880, 995) / 1000 }),
      mishap: { kind: 'transient', chance: 0.25, error: 'OCR worker timed out: no heartbeat for 2 s' },
    },
    {
      id: 'extract_header',
      type: 'model',
      description: 'Supplier, number, date and total',
      seconds: [0.9, 1.6],
      model: 'gpt-4.1-mini',
      picture: 'https://files.example.com/scans/page-1.png',
      system: 'Extract the header of the invoice as JSON.',
      temperature: 0,
      maxTokens: 300,
      promptTokens: [900, 1600],
      completionTokens: [60, 110],
      reply: (random) =>
        random.pick([
          '{"supplier": "Fabrikam GmbH", "number": "2026-1184", "date": "2026-11-03", "total": "1184.20"}',
          '{"supplier": "Wide World Importers", "number": "WWI-90211", "date": "2026-11-09", "total": "412.00"}',
        ]),
    },
    {
      id: 'extract_lines',
      type: 'model',
      description: 'Every line with quantity, price and tax',
      seconds: [1.3, 2.6],
      model: 'virtuoso-medium',
      system: 'Extract every line of the invoice as a JSON array.',
      temperature: 0,
      maxTokens: 1500,
      promptTokens: [1100, 2400],
      completionTokens: [180, 620],
      reply: (random) =>
        random.pick([
          '[{"text": "Paper A4", "quantity": 40, "price": "4.10", "tax": 19}, {"text": "Toner", "quantity": 6, "price": "170.03", "tax": 19}]',
          '[{"text": "Freight", "quantity": 1, "price": "412.00", "tax": 0}]',
        ]),
    },
    {
      id: 'validate',
      type: 'code',
      description: 'Checks that the lines add up to the total',
      seconds: [0.1, 0.3],
      answer: (random) => ({ is_valid: true, checks: 7, confidence: random.integer(70, 99) / 100 }),
      mishap: {
        kind: 'fatal',
        chance: 0.25,
        error: (random) =>
          JSON.stringify({
            type: 'ValidationError',
            code: 'TOTAL_MISMATCH',
            message: `The lines add up to ${random.integer(200, 1900)}.20, but the invoice says ${random.integer(200, 1900)}.02`,
          }),
      },
    },
    {
      id: 'decide',
      type: 'conditional',
      description: 'A person checks uncertain values',
      seconds: [0.02, 0.06],
      branches: { automatic: ['post_to_erp'], review: ['review_queue'] },
    },
    {
      id: 'post_to_erp',
      type: 'integration',
      description: 'SAP: posts the invoice',
      seconds: [0.6, 1.4],
      answer: (random) => ({ document: `51${random.integer(10_000_000, 99_999_999)}`, posted: true }),
    },
    {
      id: 'review_queue',
      type: 'integration',
      description: 'Puts the invoice into the queue of accounts payable',
      seconds: [0.3, 0.6],
      answer: (random) => ({ queue: 'accounts-payable', position: random.integer(1, 30) }),
      asks: {
        message: 'Approve this invoice?',
        form: {
          properties: {
            approved: { type: 'boolean', title: 'Approved' },
            comment: { type: 'string', title: 'Comment for accounts payable' },
          },
          required: ['approved'],
        },
      },
    },
    {
      id: 'notify',
      type: 'integration',
      description: 'Slack: notifies the channel',
      seconds: [0.3, 0.5],
      answer: () => ({ channel: '#invoices', ok: true }),
    },
  ],
  exampleInputs: (random) => ({
    document: `s3://invoices/2026/11/scan-${random.integer(10000, 99999)}.pdf`,
    currency: 'EUR',
  }),
};
