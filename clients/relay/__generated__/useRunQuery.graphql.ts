/**
 * @generated SignedSource<<e1d0a6d4593cdcbed6573d5fca5d6f5f>>
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
    readonly freshness: {
      readonly isFinal: boolean;
    };
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
      },
      {
        "alias": null,
        "args": null,
        "concreteType": "Freshness",
        "kind": "LinkedField",
        "name": "freshness",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "isFinal",
            "storageKey": null
          }
        ],
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
    "cacheID": "ca16b33980c1de970525ad9f58c1600d",
    "id": null,
    "metadata": {},
    "name": "useRunQuery",
    "operationKind": "query",
    "text": "query useRunQuery(\n  $workflowId: ID!\n  $id: ID!\n) {\n  run(workflowId: $workflowId, id: $id) {\n    id\n    workflowId\n    status\n    totalElapsedTime\n    freshness {\n      isFinal\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "38524d9e791a590b863b7be636bcaf83";

export default node;
