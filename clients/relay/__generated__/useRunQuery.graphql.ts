/**
 * @generated SignedSource<<21a9a53497966cf43ec7bc9b13687db1>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type RunStatus = "CANCELLED" | "COMPLETED" | "FAILED" | "PENDING" | "RUNNING" | "UNKNOWN" | "%future added value";
export type useRunQuery$variables = {
  id: string;
  workflowId: string;
};
export type useRunQuery$data = {
  readonly run: {
    readonly id: string;
    readonly status: RunStatus;
    readonly totalElapsedTime: number | null | undefined;
    readonly workflowId: string;
  } | null | undefined;
};
export type useRunQuery = {
  response: useRunQuery$data;
  variables: useRunQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "id"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "workflowId"
},
v2 = [
  {
    "alias": null,
    "args": [
      {
        "kind": "Variable",
        "name": "id",
        "variableName": "id"
      },
      {
        "kind": "Variable",
        "name": "workflowId",
        "variableName": "workflowId"
      }
    ],
    "concreteType": "Run",
    "kind": "LinkedField",
    "name": "run",
    "plural": false,
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "id",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "workflowId",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "status",
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "totalElapsedTime",
        "storageKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "useRunQuery",
    "selections": (v2/*:: as any*/),
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "useRunQuery",
    "selections": (v2/*:: as any*/)
  },
  "params": {
    "cacheID": "f6d05745ffcfc3e963c18c0c6cf85f89",
    "id": null,
    "metadata": {},
    "name": "useRunQuery",
    "operationKind": "query",
    "text": "query useRunQuery(\n  $workflowId: ID!\n  $id: ID!\n) {\n  run(workflowId: $workflowId, id: $id) {\n    id\n    workflowId\n    status\n    totalElapsedTime\n  }\n}\n"
  }
};
})();

(node as any).hash = "27f5926f5bcc3e190bed5a4fe7bc609e";

export default node;
