/**
 * The upstream's steps as a source of Hive Gateway, composed by GraphQL Mesh: `loadJSONSchemaSubgraph('upstream', …)` with `GET
 * /workflows/{args.workflowId}/runs/{args.runId}/steps` and the header `Authorization: {context.headers.authorization}`.
 */
export const supergraph = /* GraphQL */ `
  schema
    @link(url: "https://specs.apollo.dev/link/v1.0")
    @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
    @link(
      url: "https://the-guild.dev/graphql/mesh/spec/v1.0"
      import: ["@httpOperation", "@transport", "@extraSchemaDefinitionDirective"]
    ) {
    query: Query
  }

  directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

  directive @join__graph(name: String!, url: String!) on ENUM_VALUE

  directive @join__field(
    graph: join__Graph
    requires: join__FieldSet
    provides: join__FieldSet
    type: String
    external: Boolean
    override: String
    usedOverridden: Boolean
  ) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

  directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

  directive @join__type(
    graph: join__Graph!
    key: join__FieldSet
    extension: Boolean! = false
    resolvable: Boolean! = true
    isInterfaceObject: Boolean! = false
  ) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

  directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

  scalar join__FieldSet

  directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

  scalar link__Import

  enum link__Purpose {
    SECURITY
    EXECUTION
  }

  enum join__Graph {
    UPSTREAM @join__graph(name: "upstream", url: "{env.UPSTREAM_URL}")
  }

  directive @httpOperation(
    subgraph: String
    path: String
    operationSpecificHeaders: [[String]]
    httpMethod: HTTPMethod
    isBinary: Boolean
    requestBaseBody: ObjMap
    queryParamArgMap: ObjMap
    queryStringOptionsByParam: ObjMap
    jsonApiFields: Boolean
    queryStringOptions: ObjMap
  ) repeatable on FIELD_DEFINITION

  directive @transport(
    subgraph: String
    kind: String
    location: String
    headers: [[String]]
    queryStringOptions: ObjMap
    queryParams: [[String]]
  ) repeatable on SCHEMA

  directive @extraSchemaDefinitionDirective(directives: _DirectiveExtensions) repeatable on OBJECT

  scalar ObjMap @join__type(graph: UPSTREAM)

  scalar _DirectiveExtensions @join__type(graph: UPSTREAM)

  type Query
    @extraSchemaDefinitionDirective(
      directives: {
        transport: [
          {
            subgraph: "upstream"
            kind: "rest"
            location: "{env.UPSTREAM_URL}"
            headers: [["Authorization", "{context.headers.authorization}"]]
          }
        ]
      }
    )
    @join__type(graph: UPSTREAM) {
    wireSteps(workflowId: String!, runId: String!): [WireStep]
      @httpOperation(
        subgraph: "upstream"
        path: "/workflows/{args.workflowId}/runs/{args.runId}/steps"
        httpMethod: GET
      )
  }

  type WireStep @join__type(graph: UPSTREAM) {
    id: String
    node_id: String
    status: String
    start_time: String
    end_time: String
    elapsed_time: Float
    error: String
  }

  enum HTTPMethod @join__type(graph: UPSTREAM) {
    GET @join__enumValue(graph: UPSTREAM)
    HEAD @join__enumValue(graph: UPSTREAM)
    POST @join__enumValue(graph: UPSTREAM)
    PUT @join__enumValue(graph: UPSTREAM)
    DELETE @join__enumValue(graph: UPSTREAM)
    CONNECT @join__enumValue(graph: UPSTREAM)
    OPTIONS @join__enumValue(graph: UPSTREAM)
    TRACE @join__enumValue(graph: UPSTREAM)
    PATCH @join__enumValue(graph: UPSTREAM)
  }
`;
