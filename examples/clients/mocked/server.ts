import { readFileSync } from 'node:fs';
import { buildSchema, graphql as execute } from 'graphql';
import { graphql } from 'msw/graphql';
import { HttpResponse } from 'msw/http';
import { setupServer } from 'msw/node';

const schema = buildSchema(readFileSync(`${import.meta.dirname}/../../../schema.graphql`, 'utf8'));

/** Answers the operations at a URL from `root`: its properties are fields, as values or as functions of the arguments. */
export const mockServer = (url: string, root: object) =>
  setupServer(
    graphql.link(url).operation(async ({ query, variables }) => {
      const { data, errors } = await execute({ schema, source: query, rootValue: root, variableValues: variables });
      return HttpResponse.json({ data, errors });
    }),
  );
