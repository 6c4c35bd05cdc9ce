/* eslint-disable */
import * as types from './graphql';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  fragment ComparisonTable on RunComparison {\n    wallClockDeltaMs\n    elapsedTimeDelta\n    tokenDelta\n    base {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    head {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    nodes {\n      nodeId\n      change\n      durationDeltaMs\n      baseStep {\n        id\n        status\n        durationMs\n      }\n      headStep {\n        id\n        status\n        durationMs\n      }\n    }\n  }\n": typeof types.ComparisonTableFragmentDoc,
    "\n  query OtherRuns($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 50) {\n        nodes {\n          id\n          workflowId\n          status\n          startedAt\n          wallClockMs\n        }\n      }\n    }\n  }\n": typeof types.OtherRunsDocument,
    "\n  query CompareRuns($workflowId: ID!, $baseId: ID!, $headId: ID!) {\n    compareRuns(workflowId: $workflowId, baseId: $baseId, headId: $headId) {\n      ...ComparisonTable\n    }\n  }\n": typeof types.CompareRunsDocument,
    "\n  fragment FailedSteps on Run {\n    unmended: failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      durationMs\n      attempt\n      errorInfo {\n        message\n        code\n      }\n    }\n  }\n": typeof types.FailedStepsFragmentDoc,
    "\n  fragment RunFreshness on Run {\n    isFinished\n    freshness {\n      fetchedAt\n      isFinal\n      isStale\n      staleReason\n    }\n  }\n": typeof types.RunFreshnessFragmentDoc,
    "\n  fragment RunHeader on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    startedAt\n    wallClockMs\n    totalElapsedTime\n    error\n    stepCounts {\n      total\n      running\n      failed\n    }\n    progress {\n      finished\n      total\n      isTotalKnown\n    }\n    timing {\n      idleMs\n      wastedMs\n      maxConcurrency\n    }\n    tokenUsage {\n      totalTokens\n      inputTokens\n      outputTokens\n    }\n    ...RunFreshness\n  }\n": typeof types.RunHeaderFragmentDoc,
    "\n  fragment RunInsights on Run {\n    slowestSteps(first: 5) {\n      id\n      nodeId\n      attempt\n      durationMs\n      shareOfRun\n    }\n    repeatedNodes {\n      nodeId\n      retryCount\n      wastedMs\n      attempts {\n        id\n        status\n      }\n    }\n    tokenUsage {\n      byModel {\n        model\n        inputTokens\n        outputTokens\n        totalTokens\n      }\n    }\n  }\n": typeof types.RunInsightsFragmentDoc,
    "\n  fragment RunView on Run {\n    id\n    workflowId\n    status\n    freshness {\n      isFinal\n    }\n    ...RunHeader\n    ...RunFreshness\n    ...FailedSteps\n    ...RunTimeline\n    ...StepsTable\n    ...RunInsights\n  }\n": typeof types.RunViewFragmentDoc,
    "\n  query Run($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      workflow {\n        id\n        name\n      }\n      ...RunView\n    }\n  }\n": typeof types.RunDocument,
    "\n  subscription RunUpdated($workflowId: ID!, $id: ID!) {\n    runUpdated(workflowId: $workflowId, id: $id) {\n      ...RunView\n    }\n  }\n": typeof types.RunUpdatedDocument,
    "\n  query RunPayload($workflowId: ID!, $runId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      inputs(path: $path) @include(if: $isInputs)\n      outputs(path: $path) @skip(if: $isInputs)\n    }\n  }\n": typeof types.RunPayloadDocument,
    "\n  fragment RunTimeline on Run {\n    isFinished\n    timeline {\n      durationMs\n      laneCount\n      bars {\n        lane\n        offsetMs\n        durationMs\n        step {\n          id\n          nodeId\n          status\n          attempt\n          attemptCount\n        }\n      }\n      gaps {\n        offsetMs\n        durationMs\n      }\n    }\n    criticalPath {\n      steps {\n        id\n      }\n    }\n    ...RunFreshness\n  }\n": typeof types.RunTimelineFragmentDoc,
    "\n  query StepDetail($workflowId: ID!, $runId: ID!, $stepId: ID!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        nodeId\n        status\n        rawStatus\n        isFinished\n        startTime\n        durationMs\n        durationSource\n        clockSkewDetected\n        offsetMs\n        shareOfRun\n        attempt\n        attemptCount\n        attemptKind\n        previousAttempt {\n          id\n        }\n        node {\n          type\n          description\n        }\n        errorInfo {\n          message\n          type\n          code\n          raw\n        }\n        tokenUsage {\n          totalTokens\n          inputTokens\n          outputTokens\n          model\n        }\n        inputsSizeBytes\n        outputsSizeBytes\n      }\n    }\n  }\n": typeof types.StepDetailDocument,
    "\n  query StepPayload($workflowId: ID!, $runId: ID!, $stepId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        inputs(path: $path) @include(if: $isInputs)\n        outputs(path: $path) @skip(if: $isInputs)\n      }\n    }\n  }\n": typeof types.StepPayloadDocument,
    "\n  fragment StepsTable on Run {\n    steps {\n      id\n      nodeId\n      status\n      durationMs\n      offsetMs\n      gapBeforeMs\n      shareOfRun\n      attempt\n      attemptCount\n      tokenUsage {\n        totalTokens\n      }\n    }\n  }\n": typeof types.StepsTableFragmentDoc,
    "\n  fragment FailureOfRun on Run {\n    failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      errorInfo {\n        message\n      }\n    }\n  }\n": typeof types.FailureOfRunFragmentDoc,
    "\n  query RunFailure($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      id\n      workflowId\n      ...FailureOfRun\n    }\n  }\n": typeof types.RunFailureDocument,
    "\n  fragment ListedRun on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    isFinished\n    startedAt\n    wallClockMs\n    error\n    freshness {\n      isStale\n      fetchedAt\n    }\n  }\n": typeof types.ListedRunFragmentDoc,
    "\n  query RecentRuns($first: Int!, $filter: RunFilter, $workflowIds: [ID!], $withFailures: Boolean!) {\n    recentRuns(first: $first, filter: $filter, workflowIds: $workflowIds) {\n      nodes {\n        ...ListedRun\n        ...FailureOfRun @include(if: $withFailures)\n      }\n      unavailableWorkflows {\n        id\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n  }\n": typeof types.RecentRunsDocument,
    "\n  subscription RunsUpdated($workflowIds: [ID!]) {\n    runsUpdated(workflowIds: $workflowIds) {\n      ...ListedRun\n    }\n  }\n": typeof types.RunsUpdatedDocument,
    "\n  query FindWorkflows($search: String!) {\n    workflows(first: 8, search: $search) {\n      nodes {\n        id\n        name\n      }\n    }\n  }\n": typeof types.FindWorkflowsDocument,
    "\n  query LatestRuns {\n    recentRuns(first: 100) {\n      nodes {\n        id\n        workflowId\n        status\n      }\n    }\n  }\n": typeof types.LatestRunsDocument,
    "\n  query FindRun($id: ID!) {\n    workflows(first: 50) {\n      nodes {\n        id\n        name\n        run(id: $id) {\n          id\n          workflowId\n          status\n        }\n      }\n    }\n  }\n": typeof types.FindRunDocument,
    "\n  query NodeStatistics($workflowId: ID!, $last: Int!) {\n    workflow(id: $workflowId) {\n      id\n      nodeStatistics: statistics(last: $last) {\n        runCount\n        nodes {\n          nodeId\n          executionCount\n          failureCount\n          retryCount\n          durationMs {\n            p50\n            p95\n            max\n          }\n          totalTokens\n        }\n      }\n    }\n  }\n": typeof types.NodeStatisticsDocument,
    "\n  query LatestInputs($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 1) {\n        nodes {\n          id\n          workflowId\n          inputs\n        }\n      }\n    }\n  }\n": typeof types.LatestInputsDocument,
    "\n  mutation ExecuteWorkflow($workflowId: ID!, $inputs: JSON) {\n    executeWorkflow(workflowId: $workflowId, inputs: $inputs) {\n      message\n      run {\n        id\n        workflowId\n      }\n    }\n  }\n": typeof types.ExecuteWorkflowDocument,
    "\n  query Runs($workflowId: ID!, $first: Int!, $after: String, $filter: RunFilter) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: $first, after: $after, filter: $filter) {\n        nodes {\n          id\n          workflowId\n          status\n          statusIsInferred\n          isFinished\n          startedAt\n          wallClockMs\n          error\n        }\n        pageInfo {\n          hasNextPage\n          hasPreviousPage\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.RunsDocument,
    "\n  fragment WorkflowGraph on WorkflowGraph {\n    nodes {\n      id\n      type\n      description\n    }\n    edges {\n      from\n      to\n    }\n    entry\n    finish\n  }\n": typeof types.WorkflowGraphFragmentDoc,
    "\n  query Workflow($id: ID!) {\n    workflow(id: $id) {\n      id\n      name\n      description\n      version\n      status\n      graph {\n        ...WorkflowGraph\n      }\n      statistics(last: 100) {\n        runCount\n        finishedCount\n        successRate\n        failedCount\n        wallClockMs {\n          p50\n          p95\n          max\n        }\n      }\n    }\n  }\n": typeof types.WorkflowDocument,
    "\n  query Directory {\n    workflows(first: 100) {\n      totalCount\n      nodes {\n        id\n        name\n      }\n    }\n  }\n": typeof types.DirectoryDocument,
    "\n  fragment SparklineRun on Run {\n    id\n    workflowId\n    status\n    wallClockMs\n  }\n": typeof types.SparklineRunFragmentDoc,
    "\n  fragment WorkflowCard on Workflow {\n    id\n    name\n    description\n    latest: runs(first: 16) {\n      nodes {\n        id\n        startedAt\n        ...SparklineRun\n      }\n    }\n    statistics(last: 100) {\n      runCount\n      successRate\n      wallClockMs {\n        p50\n      }\n    }\n  }\n": typeof types.WorkflowCardFragmentDoc,
    "\n  query Workflows($first: Int!, $after: String, $search: String) {\n    workflows(first: $first, after: $after, search: $search) {\n      totalCount\n      nodes {\n        id\n        ...WorkflowCard\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.WorkflowsDocument,
};
const documents: Documents = {
    "\n  fragment ComparisonTable on RunComparison {\n    wallClockDeltaMs\n    elapsedTimeDelta\n    tokenDelta\n    base {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    head {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    nodes {\n      nodeId\n      change\n      durationDeltaMs\n      baseStep {\n        id\n        status\n        durationMs\n      }\n      headStep {\n        id\n        status\n        durationMs\n      }\n    }\n  }\n": types.ComparisonTableFragmentDoc,
    "\n  query OtherRuns($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 50) {\n        nodes {\n          id\n          workflowId\n          status\n          startedAt\n          wallClockMs\n        }\n      }\n    }\n  }\n": types.OtherRunsDocument,
    "\n  query CompareRuns($workflowId: ID!, $baseId: ID!, $headId: ID!) {\n    compareRuns(workflowId: $workflowId, baseId: $baseId, headId: $headId) {\n      ...ComparisonTable\n    }\n  }\n": types.CompareRunsDocument,
    "\n  fragment FailedSteps on Run {\n    unmended: failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      durationMs\n      attempt\n      errorInfo {\n        message\n        code\n      }\n    }\n  }\n": types.FailedStepsFragmentDoc,
    "\n  fragment RunFreshness on Run {\n    isFinished\n    freshness {\n      fetchedAt\n      isFinal\n      isStale\n      staleReason\n    }\n  }\n": types.RunFreshnessFragmentDoc,
    "\n  fragment RunHeader on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    startedAt\n    wallClockMs\n    totalElapsedTime\n    error\n    stepCounts {\n      total\n      running\n      failed\n    }\n    progress {\n      finished\n      total\n      isTotalKnown\n    }\n    timing {\n      idleMs\n      wastedMs\n      maxConcurrency\n    }\n    tokenUsage {\n      totalTokens\n      inputTokens\n      outputTokens\n    }\n    ...RunFreshness\n  }\n": types.RunHeaderFragmentDoc,
    "\n  fragment RunInsights on Run {\n    slowestSteps(first: 5) {\n      id\n      nodeId\n      attempt\n      durationMs\n      shareOfRun\n    }\n    repeatedNodes {\n      nodeId\n      retryCount\n      wastedMs\n      attempts {\n        id\n        status\n      }\n    }\n    tokenUsage {\n      byModel {\n        model\n        inputTokens\n        outputTokens\n        totalTokens\n      }\n    }\n  }\n": types.RunInsightsFragmentDoc,
    "\n  fragment RunView on Run {\n    id\n    workflowId\n    status\n    freshness {\n      isFinal\n    }\n    ...RunHeader\n    ...RunFreshness\n    ...FailedSteps\n    ...RunTimeline\n    ...StepsTable\n    ...RunInsights\n  }\n": types.RunViewFragmentDoc,
    "\n  query Run($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      workflow {\n        id\n        name\n      }\n      ...RunView\n    }\n  }\n": types.RunDocument,
    "\n  subscription RunUpdated($workflowId: ID!, $id: ID!) {\n    runUpdated(workflowId: $workflowId, id: $id) {\n      ...RunView\n    }\n  }\n": types.RunUpdatedDocument,
    "\n  query RunPayload($workflowId: ID!, $runId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      inputs(path: $path) @include(if: $isInputs)\n      outputs(path: $path) @skip(if: $isInputs)\n    }\n  }\n": types.RunPayloadDocument,
    "\n  fragment RunTimeline on Run {\n    isFinished\n    timeline {\n      durationMs\n      laneCount\n      bars {\n        lane\n        offsetMs\n        durationMs\n        step {\n          id\n          nodeId\n          status\n          attempt\n          attemptCount\n        }\n      }\n      gaps {\n        offsetMs\n        durationMs\n      }\n    }\n    criticalPath {\n      steps {\n        id\n      }\n    }\n    ...RunFreshness\n  }\n": types.RunTimelineFragmentDoc,
    "\n  query StepDetail($workflowId: ID!, $runId: ID!, $stepId: ID!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        nodeId\n        status\n        rawStatus\n        isFinished\n        startTime\n        durationMs\n        durationSource\n        clockSkewDetected\n        offsetMs\n        shareOfRun\n        attempt\n        attemptCount\n        attemptKind\n        previousAttempt {\n          id\n        }\n        node {\n          type\n          description\n        }\n        errorInfo {\n          message\n          type\n          code\n          raw\n        }\n        tokenUsage {\n          totalTokens\n          inputTokens\n          outputTokens\n          model\n        }\n        inputsSizeBytes\n        outputsSizeBytes\n      }\n    }\n  }\n": types.StepDetailDocument,
    "\n  query StepPayload($workflowId: ID!, $runId: ID!, $stepId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        inputs(path: $path) @include(if: $isInputs)\n        outputs(path: $path) @skip(if: $isInputs)\n      }\n    }\n  }\n": types.StepPayloadDocument,
    "\n  fragment StepsTable on Run {\n    steps {\n      id\n      nodeId\n      status\n      durationMs\n      offsetMs\n      gapBeforeMs\n      shareOfRun\n      attempt\n      attemptCount\n      tokenUsage {\n        totalTokens\n      }\n    }\n  }\n": types.StepsTableFragmentDoc,
    "\n  fragment FailureOfRun on Run {\n    failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      errorInfo {\n        message\n      }\n    }\n  }\n": types.FailureOfRunFragmentDoc,
    "\n  query RunFailure($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      id\n      workflowId\n      ...FailureOfRun\n    }\n  }\n": types.RunFailureDocument,
    "\n  fragment ListedRun on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    isFinished\n    startedAt\n    wallClockMs\n    error\n    freshness {\n      isStale\n      fetchedAt\n    }\n  }\n": types.ListedRunFragmentDoc,
    "\n  query RecentRuns($first: Int!, $filter: RunFilter, $workflowIds: [ID!], $withFailures: Boolean!) {\n    recentRuns(first: $first, filter: $filter, workflowIds: $workflowIds) {\n      nodes {\n        ...ListedRun\n        ...FailureOfRun @include(if: $withFailures)\n      }\n      unavailableWorkflows {\n        id\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n  }\n": types.RecentRunsDocument,
    "\n  subscription RunsUpdated($workflowIds: [ID!]) {\n    runsUpdated(workflowIds: $workflowIds) {\n      ...ListedRun\n    }\n  }\n": types.RunsUpdatedDocument,
    "\n  query FindWorkflows($search: String!) {\n    workflows(first: 8, search: $search) {\n      nodes {\n        id\n        name\n      }\n    }\n  }\n": types.FindWorkflowsDocument,
    "\n  query LatestRuns {\n    recentRuns(first: 100) {\n      nodes {\n        id\n        workflowId\n        status\n      }\n    }\n  }\n": types.LatestRunsDocument,
    "\n  query FindRun($id: ID!) {\n    workflows(first: 50) {\n      nodes {\n        id\n        name\n        run(id: $id) {\n          id\n          workflowId\n          status\n        }\n      }\n    }\n  }\n": types.FindRunDocument,
    "\n  query NodeStatistics($workflowId: ID!, $last: Int!) {\n    workflow(id: $workflowId) {\n      id\n      nodeStatistics: statistics(last: $last) {\n        runCount\n        nodes {\n          nodeId\n          executionCount\n          failureCount\n          retryCount\n          durationMs {\n            p50\n            p95\n            max\n          }\n          totalTokens\n        }\n      }\n    }\n  }\n": types.NodeStatisticsDocument,
    "\n  query LatestInputs($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 1) {\n        nodes {\n          id\n          workflowId\n          inputs\n        }\n      }\n    }\n  }\n": types.LatestInputsDocument,
    "\n  mutation ExecuteWorkflow($workflowId: ID!, $inputs: JSON) {\n    executeWorkflow(workflowId: $workflowId, inputs: $inputs) {\n      message\n      run {\n        id\n        workflowId\n      }\n    }\n  }\n": types.ExecuteWorkflowDocument,
    "\n  query Runs($workflowId: ID!, $first: Int!, $after: String, $filter: RunFilter) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: $first, after: $after, filter: $filter) {\n        nodes {\n          id\n          workflowId\n          status\n          statusIsInferred\n          isFinished\n          startedAt\n          wallClockMs\n          error\n        }\n        pageInfo {\n          hasNextPage\n          hasPreviousPage\n          endCursor\n        }\n      }\n    }\n  }\n": types.RunsDocument,
    "\n  fragment WorkflowGraph on WorkflowGraph {\n    nodes {\n      id\n      type\n      description\n    }\n    edges {\n      from\n      to\n    }\n    entry\n    finish\n  }\n": types.WorkflowGraphFragmentDoc,
    "\n  query Workflow($id: ID!) {\n    workflow(id: $id) {\n      id\n      name\n      description\n      version\n      status\n      graph {\n        ...WorkflowGraph\n      }\n      statistics(last: 100) {\n        runCount\n        finishedCount\n        successRate\n        failedCount\n        wallClockMs {\n          p50\n          p95\n          max\n        }\n      }\n    }\n  }\n": types.WorkflowDocument,
    "\n  query Directory {\n    workflows(first: 100) {\n      totalCount\n      nodes {\n        id\n        name\n      }\n    }\n  }\n": types.DirectoryDocument,
    "\n  fragment SparklineRun on Run {\n    id\n    workflowId\n    status\n    wallClockMs\n  }\n": types.SparklineRunFragmentDoc,
    "\n  fragment WorkflowCard on Workflow {\n    id\n    name\n    description\n    latest: runs(first: 16) {\n      nodes {\n        id\n        startedAt\n        ...SparklineRun\n      }\n    }\n    statistics(last: 100) {\n      runCount\n      successRate\n      wallClockMs {\n        p50\n      }\n    }\n  }\n": types.WorkflowCardFragmentDoc,
    "\n  query Workflows($first: Int!, $after: String, $search: String) {\n    workflows(first: $first, after: $after, search: $search) {\n      totalCount\n      nodes {\n        id\n        ...WorkflowCard\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.WorkflowsDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ComparisonTable on RunComparison {\n    wallClockDeltaMs\n    elapsedTimeDelta\n    tokenDelta\n    base {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    head {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    nodes {\n      nodeId\n      change\n      durationDeltaMs\n      baseStep {\n        id\n        status\n        durationMs\n      }\n      headStep {\n        id\n        status\n        durationMs\n      }\n    }\n  }\n"): (typeof documents)["\n  fragment ComparisonTable on RunComparison {\n    wallClockDeltaMs\n    elapsedTimeDelta\n    tokenDelta\n    base {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    head {\n      id\n      workflowId\n      status\n      wallClockMs\n    }\n    nodes {\n      nodeId\n      change\n      durationDeltaMs\n      baseStep {\n        id\n        status\n        durationMs\n      }\n      headStep {\n        id\n        status\n        durationMs\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OtherRuns($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 50) {\n        nodes {\n          id\n          workflowId\n          status\n          startedAt\n          wallClockMs\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query OtherRuns($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 50) {\n        nodes {\n          id\n          workflowId\n          status\n          startedAt\n          wallClockMs\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CompareRuns($workflowId: ID!, $baseId: ID!, $headId: ID!) {\n    compareRuns(workflowId: $workflowId, baseId: $baseId, headId: $headId) {\n      ...ComparisonTable\n    }\n  }\n"): (typeof documents)["\n  query CompareRuns($workflowId: ID!, $baseId: ID!, $headId: ID!) {\n    compareRuns(workflowId: $workflowId, baseId: $baseId, headId: $headId) {\n      ...ComparisonTable\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment FailedSteps on Run {\n    unmended: failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      durationMs\n      attempt\n      errorInfo {\n        message\n        code\n      }\n    }\n  }\n"): (typeof documents)["\n  fragment FailedSteps on Run {\n    unmended: failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      durationMs\n      attempt\n      errorInfo {\n        message\n        code\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RunFreshness on Run {\n    isFinished\n    freshness {\n      fetchedAt\n      isFinal\n      isStale\n      staleReason\n    }\n  }\n"): (typeof documents)["\n  fragment RunFreshness on Run {\n    isFinished\n    freshness {\n      fetchedAt\n      isFinal\n      isStale\n      staleReason\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RunHeader on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    startedAt\n    wallClockMs\n    totalElapsedTime\n    error\n    stepCounts {\n      total\n      running\n      failed\n    }\n    progress {\n      finished\n      total\n      isTotalKnown\n    }\n    timing {\n      idleMs\n      wastedMs\n      maxConcurrency\n    }\n    tokenUsage {\n      totalTokens\n      inputTokens\n      outputTokens\n    }\n    ...RunFreshness\n  }\n"): (typeof documents)["\n  fragment RunHeader on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    startedAt\n    wallClockMs\n    totalElapsedTime\n    error\n    stepCounts {\n      total\n      running\n      failed\n    }\n    progress {\n      finished\n      total\n      isTotalKnown\n    }\n    timing {\n      idleMs\n      wastedMs\n      maxConcurrency\n    }\n    tokenUsage {\n      totalTokens\n      inputTokens\n      outputTokens\n    }\n    ...RunFreshness\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RunInsights on Run {\n    slowestSteps(first: 5) {\n      id\n      nodeId\n      attempt\n      durationMs\n      shareOfRun\n    }\n    repeatedNodes {\n      nodeId\n      retryCount\n      wastedMs\n      attempts {\n        id\n        status\n      }\n    }\n    tokenUsage {\n      byModel {\n        model\n        inputTokens\n        outputTokens\n        totalTokens\n      }\n    }\n  }\n"): (typeof documents)["\n  fragment RunInsights on Run {\n    slowestSteps(first: 5) {\n      id\n      nodeId\n      attempt\n      durationMs\n      shareOfRun\n    }\n    repeatedNodes {\n      nodeId\n      retryCount\n      wastedMs\n      attempts {\n        id\n        status\n      }\n    }\n    tokenUsage {\n      byModel {\n        model\n        inputTokens\n        outputTokens\n        totalTokens\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RunView on Run {\n    id\n    workflowId\n    status\n    freshness {\n      isFinal\n    }\n    ...RunHeader\n    ...RunFreshness\n    ...FailedSteps\n    ...RunTimeline\n    ...StepsTable\n    ...RunInsights\n  }\n"): (typeof documents)["\n  fragment RunView on Run {\n    id\n    workflowId\n    status\n    freshness {\n      isFinal\n    }\n    ...RunHeader\n    ...RunFreshness\n    ...FailedSteps\n    ...RunTimeline\n    ...StepsTable\n    ...RunInsights\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Run($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      workflow {\n        id\n        name\n      }\n      ...RunView\n    }\n  }\n"): (typeof documents)["\n  query Run($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      workflow {\n        id\n        name\n      }\n      ...RunView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription RunUpdated($workflowId: ID!, $id: ID!) {\n    runUpdated(workflowId: $workflowId, id: $id) {\n      ...RunView\n    }\n  }\n"): (typeof documents)["\n  subscription RunUpdated($workflowId: ID!, $id: ID!) {\n    runUpdated(workflowId: $workflowId, id: $id) {\n      ...RunView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RunPayload($workflowId: ID!, $runId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      inputs(path: $path) @include(if: $isInputs)\n      outputs(path: $path) @skip(if: $isInputs)\n    }\n  }\n"): (typeof documents)["\n  query RunPayload($workflowId: ID!, $runId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      inputs(path: $path) @include(if: $isInputs)\n      outputs(path: $path) @skip(if: $isInputs)\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RunTimeline on Run {\n    isFinished\n    timeline {\n      durationMs\n      laneCount\n      bars {\n        lane\n        offsetMs\n        durationMs\n        step {\n          id\n          nodeId\n          status\n          attempt\n          attemptCount\n        }\n      }\n      gaps {\n        offsetMs\n        durationMs\n      }\n    }\n    criticalPath {\n      steps {\n        id\n      }\n    }\n    ...RunFreshness\n  }\n"): (typeof documents)["\n  fragment RunTimeline on Run {\n    isFinished\n    timeline {\n      durationMs\n      laneCount\n      bars {\n        lane\n        offsetMs\n        durationMs\n        step {\n          id\n          nodeId\n          status\n          attempt\n          attemptCount\n        }\n      }\n      gaps {\n        offsetMs\n        durationMs\n      }\n    }\n    criticalPath {\n      steps {\n        id\n      }\n    }\n    ...RunFreshness\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StepDetail($workflowId: ID!, $runId: ID!, $stepId: ID!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        nodeId\n        status\n        rawStatus\n        isFinished\n        startTime\n        durationMs\n        durationSource\n        clockSkewDetected\n        offsetMs\n        shareOfRun\n        attempt\n        attemptCount\n        attemptKind\n        previousAttempt {\n          id\n        }\n        node {\n          type\n          description\n        }\n        errorInfo {\n          message\n          type\n          code\n          raw\n        }\n        tokenUsage {\n          totalTokens\n          inputTokens\n          outputTokens\n          model\n        }\n        inputsSizeBytes\n        outputsSizeBytes\n      }\n    }\n  }\n"): (typeof documents)["\n  query StepDetail($workflowId: ID!, $runId: ID!, $stepId: ID!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        nodeId\n        status\n        rawStatus\n        isFinished\n        startTime\n        durationMs\n        durationSource\n        clockSkewDetected\n        offsetMs\n        shareOfRun\n        attempt\n        attemptCount\n        attemptKind\n        previousAttempt {\n          id\n        }\n        node {\n          type\n          description\n        }\n        errorInfo {\n          message\n          type\n          code\n          raw\n        }\n        tokenUsage {\n          totalTokens\n          inputTokens\n          outputTokens\n          model\n        }\n        inputsSizeBytes\n        outputsSizeBytes\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StepPayload($workflowId: ID!, $runId: ID!, $stepId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        inputs(path: $path) @include(if: $isInputs)\n        outputs(path: $path) @skip(if: $isInputs)\n      }\n    }\n  }\n"): (typeof documents)["\n  query StepPayload($workflowId: ID!, $runId: ID!, $stepId: ID!, $path: String, $isInputs: Boolean!) {\n    run(workflowId: $workflowId, id: $runId) {\n      id\n      workflowId\n      step(id: $stepId) {\n        id\n        inputs(path: $path) @include(if: $isInputs)\n        outputs(path: $path) @skip(if: $isInputs)\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment StepsTable on Run {\n    steps {\n      id\n      nodeId\n      status\n      durationMs\n      offsetMs\n      gapBeforeMs\n      shareOfRun\n      attempt\n      attemptCount\n      tokenUsage {\n        totalTokens\n      }\n    }\n  }\n"): (typeof documents)["\n  fragment StepsTable on Run {\n    steps {\n      id\n      nodeId\n      status\n      durationMs\n      offsetMs\n      gapBeforeMs\n      shareOfRun\n      attempt\n      attemptCount\n      tokenUsage {\n        totalTokens\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment FailureOfRun on Run {\n    failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      errorInfo {\n        message\n      }\n    }\n  }\n"): (typeof documents)["\n  fragment FailureOfRun on Run {\n    failedSteps(latestAttemptOnly: true) {\n      id\n      nodeId\n      errorInfo {\n        message\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RunFailure($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      id\n      workflowId\n      ...FailureOfRun\n    }\n  }\n"): (typeof documents)["\n  query RunFailure($workflowId: ID!, $id: ID!) {\n    run(workflowId: $workflowId, id: $id) {\n      id\n      workflowId\n      ...FailureOfRun\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ListedRun on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    isFinished\n    startedAt\n    wallClockMs\n    error\n    freshness {\n      isStale\n      fetchedAt\n    }\n  }\n"): (typeof documents)["\n  fragment ListedRun on Run {\n    id\n    workflowId\n    status\n    statusIsInferred\n    isFinished\n    startedAt\n    wallClockMs\n    error\n    freshness {\n      isStale\n      fetchedAt\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RecentRuns($first: Int!, $filter: RunFilter, $workflowIds: [ID!], $withFailures: Boolean!) {\n    recentRuns(first: $first, filter: $filter, workflowIds: $workflowIds) {\n      nodes {\n        ...ListedRun\n        ...FailureOfRun @include(if: $withFailures)\n      }\n      unavailableWorkflows {\n        id\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n  }\n"): (typeof documents)["\n  query RecentRuns($first: Int!, $filter: RunFilter, $workflowIds: [ID!], $withFailures: Boolean!) {\n    recentRuns(first: $first, filter: $filter, workflowIds: $workflowIds) {\n      nodes {\n        ...ListedRun\n        ...FailureOfRun @include(if: $withFailures)\n      }\n      unavailableWorkflows {\n        id\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription RunsUpdated($workflowIds: [ID!]) {\n    runsUpdated(workflowIds: $workflowIds) {\n      ...ListedRun\n    }\n  }\n"): (typeof documents)["\n  subscription RunsUpdated($workflowIds: [ID!]) {\n    runsUpdated(workflowIds: $workflowIds) {\n      ...ListedRun\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FindWorkflows($search: String!) {\n    workflows(first: 8, search: $search) {\n      nodes {\n        id\n        name\n      }\n    }\n  }\n"): (typeof documents)["\n  query FindWorkflows($search: String!) {\n    workflows(first: 8, search: $search) {\n      nodes {\n        id\n        name\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LatestRuns {\n    recentRuns(first: 100) {\n      nodes {\n        id\n        workflowId\n        status\n      }\n    }\n  }\n"): (typeof documents)["\n  query LatestRuns {\n    recentRuns(first: 100) {\n      nodes {\n        id\n        workflowId\n        status\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FindRun($id: ID!) {\n    workflows(first: 50) {\n      nodes {\n        id\n        name\n        run(id: $id) {\n          id\n          workflowId\n          status\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query FindRun($id: ID!) {\n    workflows(first: 50) {\n      nodes {\n        id\n        name\n        run(id: $id) {\n          id\n          workflowId\n          status\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query NodeStatistics($workflowId: ID!, $last: Int!) {\n    workflow(id: $workflowId) {\n      id\n      nodeStatistics: statistics(last: $last) {\n        runCount\n        nodes {\n          nodeId\n          executionCount\n          failureCount\n          retryCount\n          durationMs {\n            p50\n            p95\n            max\n          }\n          totalTokens\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query NodeStatistics($workflowId: ID!, $last: Int!) {\n    workflow(id: $workflowId) {\n      id\n      nodeStatistics: statistics(last: $last) {\n        runCount\n        nodes {\n          nodeId\n          executionCount\n          failureCount\n          retryCount\n          durationMs {\n            p50\n            p95\n            max\n          }\n          totalTokens\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LatestInputs($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 1) {\n        nodes {\n          id\n          workflowId\n          inputs\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query LatestInputs($workflowId: ID!) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: 1) {\n        nodes {\n          id\n          workflowId\n          inputs\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ExecuteWorkflow($workflowId: ID!, $inputs: JSON) {\n    executeWorkflow(workflowId: $workflowId, inputs: $inputs) {\n      message\n      run {\n        id\n        workflowId\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation ExecuteWorkflow($workflowId: ID!, $inputs: JSON) {\n    executeWorkflow(workflowId: $workflowId, inputs: $inputs) {\n      message\n      run {\n        id\n        workflowId\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Runs($workflowId: ID!, $first: Int!, $after: String, $filter: RunFilter) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: $first, after: $after, filter: $filter) {\n        nodes {\n          id\n          workflowId\n          status\n          statusIsInferred\n          isFinished\n          startedAt\n          wallClockMs\n          error\n        }\n        pageInfo {\n          hasNextPage\n          hasPreviousPage\n          endCursor\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Runs($workflowId: ID!, $first: Int!, $after: String, $filter: RunFilter) {\n    workflow(id: $workflowId) {\n      id\n      runs(first: $first, after: $after, filter: $filter) {\n        nodes {\n          id\n          workflowId\n          status\n          statusIsInferred\n          isFinished\n          startedAt\n          wallClockMs\n          error\n        }\n        pageInfo {\n          hasNextPage\n          hasPreviousPage\n          endCursor\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment WorkflowGraph on WorkflowGraph {\n    nodes {\n      id\n      type\n      description\n    }\n    edges {\n      from\n      to\n    }\n    entry\n    finish\n  }\n"): (typeof documents)["\n  fragment WorkflowGraph on WorkflowGraph {\n    nodes {\n      id\n      type\n      description\n    }\n    edges {\n      from\n      to\n    }\n    entry\n    finish\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Workflow($id: ID!) {\n    workflow(id: $id) {\n      id\n      name\n      description\n      version\n      status\n      graph {\n        ...WorkflowGraph\n      }\n      statistics(last: 100) {\n        runCount\n        finishedCount\n        successRate\n        failedCount\n        wallClockMs {\n          p50\n          p95\n          max\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Workflow($id: ID!) {\n    workflow(id: $id) {\n      id\n      name\n      description\n      version\n      status\n      graph {\n        ...WorkflowGraph\n      }\n      statistics(last: 100) {\n        runCount\n        finishedCount\n        successRate\n        failedCount\n        wallClockMs {\n          p50\n          p95\n          max\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Directory {\n    workflows(first: 100) {\n      totalCount\n      nodes {\n        id\n        name\n      }\n    }\n  }\n"): (typeof documents)["\n  query Directory {\n    workflows(first: 100) {\n      totalCount\n      nodes {\n        id\n        name\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment SparklineRun on Run {\n    id\n    workflowId\n    status\n    wallClockMs\n  }\n"): (typeof documents)["\n  fragment SparklineRun on Run {\n    id\n    workflowId\n    status\n    wallClockMs\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment WorkflowCard on Workflow {\n    id\n    name\n    description\n    latest: runs(first: 16) {\n      nodes {\n        id\n        startedAt\n        ...SparklineRun\n      }\n    }\n    statistics(last: 100) {\n      runCount\n      successRate\n      wallClockMs {\n        p50\n      }\n    }\n  }\n"): (typeof documents)["\n  fragment WorkflowCard on Workflow {\n    id\n    name\n    description\n    latest: runs(first: 16) {\n      nodes {\n        id\n        startedAt\n        ...SparklineRun\n      }\n    }\n    statistics(last: 100) {\n      runCount\n      successRate\n      wallClockMs {\n        p50\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Workflows($first: Int!, $after: String, $search: String) {\n    workflows(first: $first, after: $after, search: $search) {\n      totalCount\n      nodes {\n        id\n        ...WorkflowCard\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): (typeof documents)["\n  query Workflows($first: Int!, $after: String, $search: String) {\n    workflows(first: $first, after: $after, search: $search) {\n      totalCount\n      nodes {\n        id\n        ...WorkflowCard\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;