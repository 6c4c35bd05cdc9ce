/**
 * @generated SignedSource<<3644c8a13aa5d4d5e90cdcd13a84785e>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type RunStatus = "CANCELLED" | "COMPLETED" | "FAILED" | "PENDING" | "RUNNING" | "UNKNOWN" | "%future added value";
export type useRunLiveSubscription$variables = {
  id: string;
  workflowId: string;
};
export type useRunLiveSubscription$data = {
  readonly runUpdated: {
    readonly freshness: {
      readonly isFinal: boolean;
    };
    readonly id: string;
    readonly status: RunStatus;
    readonly totalElapsedTime: number | null | undefined;
    readonly workflowId: string;
  };
};
export type useRunLiveSubscription = {
  response: useRunLiveSubscription$data;
  variables: useRunLiveSubscription$variables;
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
    "name": "runUpdated",
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
    "name": "useRunLiveSubscription",
    "selections": (v2/*:: as any*/),
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "useRunLiveSubscription",
    "selections": (v2/*:: as any*/)
  },
  "params": {
    "cacheID": "63a30dedf202d83204bccdf9e6b18646",
    "id": null,
    "metadata": {},
    "name": "useRunLiveSubscription",
    "operationKind": "subscription",
    "text": "subscription useRunLiveSubscription(\n  $workflowId: ID!\n  $id: ID!\n) {\n  runUpdated(workflowId: $workflowId, id: $id) {\n    id\n    workflowId\n    status\n    totalElapsedTime\n    freshness {\n      isFinal\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "b5fd097dece19e4fbf3e3b17751e1fd4";

export default node;
