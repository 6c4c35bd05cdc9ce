/**
 * The operations that agents get as tools, unless the operator has a manifest. Each description states the question.
 */

const LIST_WORKFLOWS = /* GraphQL */ `
  "Which workflows are there: id, name, the latest run and its status, and how many of the latest 20 runs failed? Start here for ids of workflows."
  query list_workflows(
    "Only workflows whose id, name or description contains this, ignoring case."
    $search: String
    "Number of workflows, 1 to 100."
    $first: Int = 20
    "endCursor of the previous page."
    $after: String
  ) {
    workflows(search: $search, first: $first, after: $after) {
      nodes {
        workflowId: id
        name
        latestRun: runs(first: 1) {
          nodes {
            runId: id
            status
            startedAt
          }
        }
        latestRuns: statistics(last: 20) {
          runCount
          failedCount
        }
      }
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const WHAT_IS_FAILING = /* GraphQL */ `
  "Which failures are there in all workflows, the most important first: how often, since when, whether new, returned or resolved, what their inputs have in common (not: why), and the latest run of each. Start here, then call diagnose_run."
  query what_is_failing(
    "Workflow ids. Default: all."
    $workflowIds: [ID!]
    "Number of latest runs to examine, 1 to 1000."
    $last: Int = 100
  ) {
    failureGroups(workflowIds: $workflowIds, last: $last, orderBy: IMPACT) {
      nodes {
        workflow {
          workflowId: id
          name
        }
        nodeId
        message
        code
        count
        finishedCount
        affectedRate
        firstSeenAt
        lastSeenAt
        state
        returnedAt
        commonInputs {
          nodes {
            text
            path
            test
            value
          }
          failedRuns
          completedRuns
        }
        runs(first: 1) {
          workflowId
          runId: id
          startedAt
        }
      }
      runsExamined
      runsRequested
      isComplete
      runsNotLoaded
    }
  }
`;

const DIAGNOSE_RUN = /* GraphQL */ `
  "Why did this run fail: the error, since when and how often it happens, what changed before it, which runs failed like it, what they have in common, and which run to compare with. Null for a run that has not failed."
  query diagnose_run(
    "Id of the workflow."
    $workflowId: ID!
    "Id of the run."
    $runId: ID!
    $maxBytes: Int! = 4000
  ) {
    run(workflowId: $workflowId, id: $runId) {
      workflowId
      runId: id
      status
      isRedacted
      redactedUnless
      diagnosis {
        headline
        shareBefore
        failedStep {
          stepId: id
          nodeId
        }
        group {
          count
          affectedRate
          firstSeenAt
          state
          returnedAt
          commonInputs {
            nodes {
              text
              path
              test
              value
            }
          }
          runs(first: 10) {
            runId: id
            startedAt
          }
        }
        changes {
          at
          kind
          nodeId
        }
        baseline {
          reason
          run {
            runId: id
          }
        }
        runsExamined
        markdown(maxBytes: $maxBytes)
      }
    }
  }
`;

const COMPARE_WITH_BASELINE = /* GraphQL */ `
  "What is different in this failed run, node by node, from the last good run before the failure began? Changed nodes come first. Null for a run that has not failed, and without a good run."
  query compare_with_baseline(
    "Id of the workflow."
    $workflowId: ID!
    "Id of the failed run."
    $runId: ID!
  ) {
    run(workflowId: $workflowId, id: $runId) {
      workflowId
      runId: id
      status
      baseline {
        reason
        run {
          runId: id
          startedAt
        }
        changes {
          at
          kind
          nodeId
          before
          after
        }
        comparison {
          wallClockDeltaMs
          tokenDelta
          nodes {
            nodeId
            change
            baseAttempts
            headAttempts
            durationDeltaMs
            headStep {
              error
            }
          }
        }
      }
    }
  }
`;

const WHAT_CHANGED = /* GraphQL */ `
  "What changed between the latest runs of a workflow: model, prompt, parameters, tools, graph? And since when is it slower, faster, more expensive or cheaper? Newest first."
  query what_changed(
    "Id of the workflow."
    $workflowId: ID!
    "Number of latest runs to examine, 1 to 1000."
    $last: Int = 50
  ) {
    workflow(id: $workflowId) {
      workflowId: id
      shifts {
        nodes {
          metric
          since
          before
          after
          run {
            runId: id
          }
        }
        runsExamined
      }
      changePoints(last: $last) {
        nodes {
          at
          kind
          nodeId
          before
          after
          run {
            runId: id
            status
          }
          previousRun {
            runId: id
          }
        }
        runsExamined
        runsRequested
        runsNotLoaded
      }
    }
  }
`;

const WHAT_DOES_IT_COST = /* GraphQL */ `
  "What does a workflow cost in tokens and money, in total, by model and by interval, and what did failed runs cost? Amounts are null if the gateway has no prices."
  query what_does_it_cost(
    "Id of the workflow."
    $workflowId: ID!
    "Number of latest runs to examine, 1 to 1000."
    $last: Int = 100
    $interval: TrendInterval! = DAY
    "IANA time zone of the intervals, such as Europe/Berlin."
    $timeZone: String = "UTC"
  ) {
    workflow(id: $workflowId) {
      workflowId: id
      total: trend(last: $last, buckets: 1) {
        startedAt
        endedAt
        runCount
        failedCount
        usage(loadSteps: true) {
          runsReporting
          runsFromSteps
          runsNotReporting
          runsNotLoaded
          counts {
            totalTokens
          }
          estimatedCost {
            amount
            currency
            stepsUnpriced
          }
          failedCost {
            amount
          }
          byModel {
            model
            counts {
              totalTokens
            }
            estimatedCost {
              amount
            }
          }
        }
      }
      trend(last: $last, interval: $interval, timeZone: $timeZone) {
        startedAt
        isComplete
        runCount
        usage(loadSteps: true) {
          counts {
            totalTokens
          }
          estimatedCost {
            amount
          }
        }
      }
    }
  }
`;

const RUN_STATE = /* GraphQL */ `
  "How is this run doing: status, progress, cost, what is running, waiting for an answer or has failed, how long it usually takes, and whether the data is current? The timeline has each step with its node: pass these nodeIds to read_payload."
  query run_state(
    "Id of the workflow."
    $workflowId: ID!
    "Id of the run."
    $runId: ID!
  ) {
    run(workflowId: $workflowId, id: $runId) {
      workflowId
      runId: id
      status
      isFinished
      startedAt
      endedAt
      wallClockMs
      error
      isRedacted
      redactedUnless
      progress {
        finished
        total
        isTotalKnown
      }
      expectation {
        p50Ms
        p95Ms
        remainingMs
        overdueByMs
      }
      availableActions
      waiting: steps(filter: { status: [WAITING] }) {
        stepId: id
        nodeId
        waitingSince
        availableActions
        waitingFor {
          message
          data
          answerSchema
        }
      }
      running: steps(filter: { status: [RUNNING] }) {
        stepId: id
        nodeId
        durationMs
      }
      failed: failedSteps(latestAttemptOnly: true, first: 10) {
        stepId: id
        nodeId
        error
      }
      timeline: steps {
        nodeId
        attempt
        status
        offsetMs
        durationMs
      }
      tokenUsage {
        counts {
          totalTokens
        }
      }
      estimatedCost {
        amount
        currency
        stepsUnpriced
      }
      freshness {
        fetchedAt
        isFinal
        isStale
        staleReason
      }
    }
  }
`;

const OVERDUE_RUNS = /* GraphQL */ `
  "Is a run stuck? Unfinished runs that take longer than 95 % of the runs before them, most overdue first, and the steps they are at. Runs that wait for an answer aren't overdue: search_runs with status WAITING finds them."
  query overdue_runs(
    "Workflow ids. Default: all."
    $workflowIds: [ID!]
    "Number of runs, 1 to 100."
    $first: Int = 10
  ) {
    overdueRuns(workflowIds: $workflowIds, first: $first) {
      workflowId
      runId: id
      status
      startedAt
      wallClockMs
      expectation {
        p50Ms
        p95Ms
        overdueByMs
      }
      running: steps(filter: { status: [RUNNING] }) {
        nodeId
        durationMs
      }
    }
  }
`;

const SEARCH_RUNS = /* GraphQL */ `
  "Which runs have this text in their id, error, inputs, failed nodes or step errors, had these inputs, or took this long? Newest first. A page may be empty: continue with endCursor while hasNextPage is true."
  query search_runs(
    "Text to search for, ignoring case."
    $search: String
    "Workflow ids. Default: all."
    $workflowIds: [ID!]
    "Only runs with one of these statuses."
    $status: [RunStatus!]
    "Conditions on the inputs, such as path customer.region, test EQUALS, value eu. All must hold."
    $inputs: [InputFilter!]
    "Only runs that took at least this many milliseconds, or have been running that long."
    $minWallClockMs: Float
    "Number of runs, 1 to 100."
    $first: Int = 20
    "endCursor of the previous page."
    $after: String
  ) {
    recentRuns(
      workflowIds: $workflowIds
      first: $first
      after: $after
      filter: { search: $search, status: $status, inputs: $inputs, minWallClockMs: $minWallClockMs }
    ) {
      edges {
        matchedIn
        run: node {
          workflowId
          runId: id
          status
          startedAt
          wallClockMs
          error
        }
      }
      unavailableWorkflows {
        workflowId: id
      }
      runsExamined
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const READ_PAYLOAD = /* GraphQL */ `
  "What did the steps of a run receive and return? Give nodeIds and a path to get only the part that you need: payloads are large, and what doesn't fit in maxBytes is left out."
  query read_payload(
    "Id of the workflow."
    $workflowId: ID!
    "Id of the run."
    $runId: ID!
    "Only steps of these nodes. Default: all."
    $nodeIds: [ID!]
    "JMESPath expression without functions that selects a part of each payload, such as messages[-1].content."
    $path: String
    "Whether to include the inputs and outputs of the run itself."
    $ofRun: Boolean! = false
  ) {
    run(workflowId: $workflowId, id: $runId) {
      workflowId
      runId: id
      isRedacted
      redactedUnless
      inputs(path: $path) @include(if: $ofRun)
      outputs(path: $path) @include(if: $ofRun)
      steps(filter: { nodeId: $nodeIds }) {
        stepId: id
        nodeId
        attempt
        status
        error
        isRedacted
        inputsSizeBytes
        outputsSizeBytes
        inputs(path: $path)
        outputs(path: $path)
      }
    }
  }
`;

const START_RUN = /* GraphQL */ `
  "Starts a run. It is sent once and never repeated. With the same idempotencyKey and inputs, a second call returns the same run."
  mutation start_run(
    "Id of the workflow."
    $workflowId: ID!
    "Input variables: an object."
    $inputs: JSON
    "Unique name of this start."
    $idempotencyKey: String
  ) {
    executeWorkflow(workflowId: $workflowId, inputs: $inputs, idempotencyKey: $idempotencyKey) {
      message
      run {
        workflowId
        runId: id
        status
      }
    }
  }
`;

const CANCEL_RUN = /* GraphQL */ `
  "Cancels a run. This cannot be undone: ask the user for confirmation first. It is sent once, and an unknown outcome is reported."
  mutation cancel_run(
    "Id of the workflow."
    $workflowId: ID!
    "Id of the unfinished run."
    $runId: ID!
    "Unique name of this request."
    $idempotencyKey: String
  ) {
    cancelRun(workflowId: $workflowId, id: $runId, idempotencyKey: $idempotencyKey) {
      run {
        workflowId
        runId: id
        status
      }
    }
  }
`;

const ANSWER_STEP = /* GraphQL */ `
  "Answers a waiting step, so its run continues. This cannot be undone: show the user the question and the answer, and ask for confirmation first. It is sent once, and an unknown outcome is reported."
  mutation answer_step(
    "Id of the workflow."
    $workflowId: ID!
    "Id of the run."
    $runId: ID!
    "Id of the waiting step."
    $stepId: ID!
    "The answer, matching waitingFor.answerSchema in run_state."
    $answer: JSON
    "Unique name of this request."
    $idempotencyKey: String
  ) {
    resumeStep(
      workflowId: $workflowId
      runId: $runId
      stepId: $stepId
      answer: $answer
      idempotencyKey: $idempotencyKey
    ) {
      run {
        workflowId
        runId: id
        status
      }
      step {
        stepId: id
        nodeId
        status
      }
    }
  }
`;

export const BUNDLED_TOOLS: readonly string[] = [
  LIST_WORKFLOWS,
  WHAT_IS_FAILING,
  DIAGNOSE_RUN,
  COMPARE_WITH_BASELINE,
  WHAT_CHANGED,
  WHAT_DOES_IT_COST,
  RUN_STATE,
  OVERDUE_RUNS,
  SEARCH_RUNS,
  READ_PAYLOAD,
  START_RUN,
  CANCEL_RUN,
  ANSWER_STEP,
];
